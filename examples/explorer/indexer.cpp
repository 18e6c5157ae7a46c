// The utility process: maps the texts, indexes them, and answers the page's searches through its port.
#include <mullion/base/loop.hpp>
#include <mullion/base/sleep.hpp>
#include <mullion/utility.hpp>

#include "explorer.hpp"
#include "text_index.hpp"

using namespace mullion;

namespace {

constexpr std::size_t batch_bytes = 128 << 10;  // of one message of hits

struct Indexer {
  utility::Process& process;
  StartedPort port;
  std::vector<TextIndex> texts;

  // Waits for room rather than queueing without bound.
  Task<Result<>> send(Value message) {
    while (true) {
      auto posted = port.try_post(message);
      if (posted || posted.error().kind != Kind::overloaded) co_return posted;
      auto room = co_await port.drained();
      if (!room) co_return room;
    }
  }

  Task<Result<>> index_all(std::uint64_t total) {
    std::uint64_t before = 0, told = 0;
    for (auto& text : texts) {
      for (bool more = true; more;) {
        auto indexed = text.index_more();
        if (!indexed) co_return std::unexpected(indexed.error());
        more = *indexed;
        auto done = before + text.indexed();
        if (done < told + total / 10 && done < total) continue;
        told = done;
        Value progress{{"type", "indexing"}, {"done", done}, {"total", total}};
        auto sent = co_await send(std::move(progress));
        if (!sent) co_return sent;
        co_await sleep_for(process.loop(), 0);  // lets the message go, and others in
      }
      before += text.size();
    }
    Value ready{{"type", "indexed"}, {"total", total}};
    co_return co_await send(std::move(ready));
  }

  Task<Result<>> post_hits(std::string& lines, std::uint64_t id) {
    if (lines.empty()) co_return {};
    Value hits{{"type", "hits"}, {"id", id}, {"lines", std::as_bytes(std::span(lines))}};
    lines.clear();
    co_return co_await send(std::move(hits));
  }

  // Hits go out in batches as they are found, or all in one message when the page asks for it whole.
  Task<Result<>> search(Value query) {
    auto id = static_cast<std::uint64_t>(query.number("id"));
    std::string lines;
    for (const auto& find : query["find"].elements()) {
      for (const auto& text : texts) {
        TextIndex::Search search{find.string(), static_cast<std::uint64_t>(query.number("limit"))};
        while (search.at < text.size()) {
          text.step(search, texts.size() > 1, lines);
          if (query.boolean("whole") || lines.size() < batch_bytes) continue;
          auto sent = co_await post_hits(lines, id);
          if (!sent) co_return sent;
        }
      }
    }
    auto sent = co_await post_hits(lines, id);
    if (!sent) co_return sent;
    Value end{{"type", "searched"}, {"id", id}};
    co_return co_await send(std::move(end));
  }

  Task<Result<>> serve() {
    for (auto query = co_await port.receive(); query; query = co_await port.receive()) {
      if (query->data.string("type") == "ping") {
        (void)port.post_message(query->data);
        continue;
      }
      auto done = co_await search(query->data);
      if (!done) break;
    }
    co_return {};
  }
};

}  // namespace

Task<Result<>> indexer(utility::Process& process) {
  auto hello = co_await process.parent_port().receive();
  if (!hello) co_return std::unexpected(hello.error());
  auto paths = hello->data.to<std::vector<std::string>>();
  if (!paths || hello->ports.size() != 1)
    co_return std::unexpected(Error{.kind = Kind::invalid, .message = "indexer: expected paths and one port"});
  Indexer indexer{process, std::move(hello->ports[0]).start(), {}};
  std::uint64_t total = 0;
  Result<> done;
  for (auto& path : *paths) {
    auto text = TextIndex::open(path);
    if (!text) {
      done = std::unexpected(text.error());
      break;
    }
    total += text->size();
    indexer.texts.push_back(std::move(*text));
  }
  if (done) done = co_await indexer.index_all(total);
  if (!done) {
    Value why{{"type", "failed"}, {"why", done.error().message}};
    (void)indexer.port.post_message(why);
  }
  co_return co_await indexer.serve();
}
