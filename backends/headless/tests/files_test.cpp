// Main's half of reading files, against a renderer that says what it likes.
#include "headless/files.hpp"

#include "browser.hpp"

namespace mullion::headless {
namespace {

struct Reader {
  std::string read(const std::string& path, std::optional<std::string> reader = {}, std::uint64_t from = 0) {
    std::optional<std::string> outcome;
    files.read({.path = path, .reader = std::move(reader), .from = from},
               [&](std::expected<FilePart, NetError> part) { outcome = part ? text(*part) : part.error().name; });
    wait([&] { return outcome.has_value(); });
    return outcome.value_or("no answer");
  }
  std::string below(std::string_view name) { return read(folder.path(name)); }
  static std::string text(const FilePart& part) {
    return {reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()};
  }
  template <class F>
  void wait(F done) {
    Timer deadline(*loop, 20'000, [&] { loop->stop(); });
    Timer often(*loop, 0, [&] { done() ? loop->stop() : void(); }, 1);
    (void)loop->run();
  }

  Folder folder;
  std::unique_ptr<Loop> loop = std::move(*Loop::create());
  Files files{*loop};
};

}  // namespace

TEST_CASE("files: a renderer gets what the program shows and what lies in its folder or below") {
  Reader reader;
  reader.files.grant(reader.folder.write("app/page.html", "page") + "?query#fragment");
  reader.folder.write("app/sub/data.txt", "data");
  CHECK(reader.below("app/page.html") == "page");
  CHECK(reader.below("app/sub/data.txt") == "data");
  CHECK(reader.below("app/none") == "ERR_FILE_NOT_FOUND");
  CHECK(reader.below("app/sub") == "ERR_ACCESS_DENIED");
}

TEST_CASE("files: nothing else, however it is named") {
  Reader reader;
  reader.files.grant(reader.folder.write("app/page.html", "page"));
  reader.folder.write("secret", "secret");
  reader.folder.write("app2/secret", "secret");
  reader.folder.link("app/link", reader.folder.path("secret"));
  for (const char* name : {"secret", "app/../secret", "app/./../app2/secret", "app/link", "app2/secret"}) {
    CAPTURE(name);
    CHECK(reader.below(name) == "ERR_ACCESS_DENIED");
  }
  for (const char* path : {"/etc/passwd", "", "etc/passwd", "/proc/self/mem", "/dev/zero"}) {
    CAPTURE(path);
    CHECK(reader.read(path) != "secret");
    CHECK(reader.read(path).starts_with("ERR_"));
  }
  const std::string zero = reader.folder.path("app/page.html") + std::string("\0/../../secret", 14);
  CHECK(reader.read(zero) != "secret");
}

TEST_CASE("files: a document that it names can narrow what it gets, and widens nothing") {
  Reader reader;
  reader.files.grant(reader.folder.write("app/page.html", "page"));
  reader.folder.write("app/sub/data.txt", "data");
  const auto sub = reader.folder.path("app/sub/page.html"), outside = reader.folder.path("page.html");
  CHECK(reader.read(reader.folder.path("app/sub/data.txt"), sub) == "data");
  CHECK(reader.read(reader.folder.path("app/page.html"), sub) == "ERR_ACCESS_DENIED");
  reader.folder.write("secret", "secret");
  CHECK(reader.read(reader.folder.path("secret"), outside) == "ERR_ACCESS_DENIED");
}

TEST_CASE("files: before the program shows a file, and after it shows something else, there is none") {
  Reader reader;
  const auto first = reader.folder.write("a/page.html", "first");
  CHECK(reader.below("a/page.html") == "ERR_ACCESS_DENIED");
  reader.files.grant(first);
  reader.files.grant(reader.folder.write("b/page.html", "second"));
  CHECK(reader.below("a/page.html") == "first");  // the second may yet fail
  reader.files.committed();
  CHECK(reader.below("a/page.html") == "ERR_ACCESS_DENIED");
  CHECK(reader.below("b/page.html") == "second");
  for (const char* other : {"data:text/html,", "about:blank", "app://bundle/page.html", "file://elsewhere/page.html"}) {
    reader.files.grant(other);
    reader.files.committed();
    CHECK(reader.below("b/page.html") == "ERR_ACCESS_DENIED");
  }
}

TEST_CASE("files: a large one comes in parts") {
  Reader reader;
  std::string text(Files::part_bytes + 3, 'x');
  text.back() = 'y';
  reader.files.grant(reader.folder.write("large", text));
  CHECK(reader.below("large").size() == Files::part_bytes);
  CHECK(reader.read(reader.folder.path("large"), {}, Files::part_bytes) == "xxy");
  CHECK(reader.read(reader.folder.path("large"), {}, ~std::uint64_t{0}) == "");
}

TEST_CASE("files: more than may wait are refused, and those that wait are answered in order") {
  Reader reader;
  reader.files.grant(reader.folder.write("page", "page"));
  std::size_t read = 0, refused = 0;
  for (std::size_t i = 0; i < Files::most_waiting + 10; ++i)
    reader.files.read({.path = reader.folder.path("page")},
                      [&](std::expected<FilePart, NetError> part) { ++(part ? read : refused); });
  CHECK(refused == 10);
  reader.wait([&] { return read == Files::most_waiting; });
  CHECK(read == Files::most_waiting);
}

TEST_CASE("files: a path that is longer than any is refused before it waits") {
  Reader reader;
  const std::string longest(Files::longest_path, 'x');
  CHECK(reader.read("/" + longest) == "ERR_FILE_PATH_TOO_LONG");
  CHECK(reader.read("/", longest) == "ERR_FILE_PATH_TOO_LONG");
}

TEST_CASE("files: another renderer process is told nothing that the last one asked for") {
  Reader reader;
  reader.files.grant(reader.folder.write("page", "page"));
  int answers = 0;
  for (int i = 0; i < 3; ++i)
    reader.files.read({.path = reader.folder.path("page")}, [&](std::expected<FilePart, NetError>) { ++answers; });
  reader.files.forget();
  reader.files.grant(reader.folder.url("page"));
  CHECK(reader.below("page") == "page");
  CHECK(answers == 0);
}

}  // namespace mullion::headless
