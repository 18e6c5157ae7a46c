#include "headless/load/resource.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "browser.hpp"

namespace mullion::headless {
namespace {

// Resources with a folder to read from.
struct Reading {
  Reading() : loop(std::move(*Loop::create())) {}

  // The text of a resource with its type, or the name of the error.
  std::string read(std::string_view url, std::string_view reader = "") {
    std::optional<std::string> out;
    auto by = Url::parse(reader);
    auto answer = [&](std::expected<Resource, NetError> got) {
      out = got ? std::string(reinterpret_cast<const char*>(got->bytes.data()), got->bytes.size()) + "|" + got->mime
                : std::string(got.error().name);
      loop->stop();
    };
    resources.read(*Url::parse(url), by ? &*by : nullptr, answer);
    CHECK_FALSE(out);  // never from inside the call
    (void)loop->run();
    return out.value_or("");
  }

  std::unique_ptr<Loop> loop;
  Folder folder;
  Resources resources{*loop, [](const Url& url, ResourceAnswer answer) {
                        if (url.pathname() != "/x") return answer(std::unexpected(err_file_not_found));
                        answer(Resource{.mime = "text/x"});
                      }};
};

}  // namespace

TEST_CASE("resource: a file is read whole, with the type of its extension") {
  Reading reading;
  CHECK(reading.read(reading.folder.write("a.html", std::string_view("x\0y", 3))) == std::string("x\0y|text/html", 13));
  CHECK(reading.read(reading.folder.write("A.JS", "x")) == "x|text/javascript");
  CHECK(reading.read(reading.folder.write("none", "")) == "|");
  CHECK(reading.read(reading.folder.write("a b#c%.txt", "x")) == "x|text/plain");
}

TEST_CASE("resource: what is no readable file has Chromium's error") {
  Reading reading;
  CHECK(reading.read(reading.folder.url("none.html")) == "ERR_FILE_NOT_FOUND");
  CHECK(reading.read(reading.folder.url("")) == "ERR_ACCESS_DENIED");
  CHECK(reading.read(reading.folder.url("a.html/b")) == "ERR_FILE_NOT_FOUND");
  CHECK(reading.read("file:///" + std::string(5000, 'x')) == "ERR_FILE_PATH_TOO_LONG");
  CHECK(reading.read("file://otherhost/x") == "ERR_INVALID_URL");
  CHECK(reading.read("file:///x%00y") == "ERR_INVALID_URL");
  CHECK(reading.read("file:///dev/zero") == "ERR_ACCESS_DENIED");
  REQUIRE(::mkfifo(reading.folder.path("fifo").c_str(), 0600) == 0);
  CHECK(reading.read(reading.folder.url("fifo")) == "ERR_ACCESS_DENIED");
}

TEST_CASE("resource: a file of a hundred gigabytes is refused before it is read") {
  Reading reading;
  reading.folder.write("huge", "");
  REQUIRE(::truncate(reading.folder.path("huge").c_str(), 100'000'000'000) == 0);
  CHECK(reading.read(reading.folder.url("huge")) == "ERR_FILE_TOO_BIG");
}

TEST_CASE("resource: schemes are served or refused by name") {
  Reading reading;
  CHECK(reading.read("http://example.com/") == "ERR_DISALLOWED_URL_SCHEME");
  CHECK(reading.read("https://example.com/") == "ERR_DISALLOWED_URL_SCHEME");
  CHECK(reading.read("what:ever") == "ERR_UNKNOWN_URL_SCHEME");
  CHECK(reading.read("about:blank") == "|text/html");
  CHECK(reading.read("about:config") == "ERR_INVALID_URL");
  CHECK(reading.read("app://any/x") == "|text/x");
  CHECK(reading.read("app://any/y") == "ERR_FILE_NOT_FOUND");
}

TEST_CASE("resource: data URLs") {
  Reading reading;
  CHECK(reading.read("data:text/html,<p>a%20b#f") == "<p>a b|text/html");
  CHECK(reading.read("data:,x") == "x|text/plain;charset=US-ASCII");
  CHECK(reading.read("data:;charset=utf-8,x") == "x|text/plain;charset=utf-8");
  CHECK(reading.read("data:text/plain;base64,aGk=") == "hi|text/plain");
  CHECK(reading.read("data:text/plain;base64,a") == "ERR_INVALID_URL");
  CHECK(reading.read("data:text/plain") == "ERR_INVALID_URL");
}

TEST_CASE("resource: a document reads its own folder and what is below, nothing else") {
  Reading reading;
  auto page = reading.folder.write("app/index.html", "");
  auto inside = reading.folder.write("app/lib/a.js", "x");
  auto outside = reading.folder.write("secret.js", "x");
  auto beside = reading.folder.write("app2/a.js", "x");
  CHECK(reading.read(inside, page) == "x|text/javascript");
  CHECK(reading.read(outside, page) == "ERR_ACCESS_DENIED");
  CHECK(reading.read(beside, page) == "ERR_ACCESS_DENIED");
  CHECK(reading.read("file:///etc/passwd", page) == "ERR_ACCESS_DENIED");
  CHECK(reading.read(reading.folder.url("app") + "/%2e%2e/secret.js", page) == "ERR_ACCESS_DENIED");
  CHECK(reading.read(reading.folder.url("app") + "/..%2fsecret.js", page) == "ERR_ACCESS_DENIED");
}

TEST_CASE("resource: symbolic links do not lead out of the folder") {
  Reading reading;
  auto page = reading.folder.write("app/index.html", "");
  reading.folder.write("secret.js", "x");
  reading.folder.write("app/real.js", "x");
  reading.folder.link("app/out.js", reading.folder.path("secret.js"));
  reading.folder.link("app/up", "..");
  reading.folder.link("app/in.js", "real.js");
  reading.folder.link("door", reading.folder.path("app"));
  CHECK(reading.read(reading.folder.url("app/out.js"), page) == "ERR_ACCESS_DENIED");
  CHECK(reading.read(reading.folder.url("app/up/secret.js"), page) == "ERR_ACCESS_DENIED");
  CHECK(reading.read(reading.folder.url("app/in.js"), page) == "x|text/javascript");
  CHECK(reading.read(reading.folder.url("door/real.js"), reading.folder.url("door/index.html")) == "x|text/javascript");
}

TEST_CASE("resource: documents of other schemes read no file, and no other host's resources") {
  Reading reading;
  auto file = reading.folder.write("a.js", "x");
  CHECK(reading.read(file, "app://any/index.html") == "ERR_ACCESS_DENIED");
  CHECK(reading.read(file, "data:text/html,x") == "ERR_ACCESS_DENIED");
  CHECK(reading.read(file, "about:blank") == "ERR_ACCESS_DENIED");
  CHECK(reading.read("app://any/x", file) == "ERR_ACCESS_DENIED");
  CHECK(reading.read("app://any/x", "app://other/index.html") == "ERR_ACCESS_DENIED");
  CHECK(reading.read("app://any/x", "app://any/index.html") == "|text/x");
  CHECK(reading.read("data:,x", file) == "x|text/plain;charset=US-ASCII");
}

TEST_CASE("resource: nothing is answered after the end of the Resources") {
  auto loop = std::move(*Loop::create());
  bool answered = false;
  {
    Resources resources(*loop, nullptr);
    resources.read(*Url::parse("data:,x"), nullptr, [&](auto) { answered = true; });
  }
  loop->dispatch();
  CHECK_FALSE(answered);
}

}  // namespace mullion::headless
