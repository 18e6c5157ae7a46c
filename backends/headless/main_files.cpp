#include "headless/main_files.hpp"

#include "headless/messages.hpp"

namespace mullion::headless {
namespace {

NetError error_named(std::string_view name) {
  for (NetError known : {err_file_not_found, err_file_too_big, err_access_denied, err_file_path_too_long})
    if (name == known.name) return known;
  return err_failed;
}

}  // namespace

void MainFiles::read(const std::string& path, const std::optional<std::string>& reader, ResourceAnswer answer) {
  const auto number = ++asked_;
  auto& reading = readings_.emplace(number, Reading{path, reader, std::move(answer)}).first->second;
  reading.have.mime = mime_of(path);
  ask(number, reading);
}

void MainFiles::ask(std::uint32_t number, const Reading& reading) {
  Value reader = reading.reader ? Value(*reading.reader) : Value();
  tell_(Value{{"told", message::read},
              {"ask", number},
              {"path", reading.path},
              {"reader", reader},
              {"from", static_cast<double>(reading.have.bytes.size())}});
}

void MainFiles::answered(const Value& message) {
  auto found = readings_.find(message["ask"].to<std::uint32_t>().value_or(0));
  if (found == readings_.end()) return;
  auto& [number, reading] = *found;
  const auto part = message.bytes("bytes");
  auto& bytes = reading.have.bytes;
  bytes.insert(bytes.end(), part.begin(), part.end());
  const bool failed = message.contains("error");
  if (!failed && !part.empty() && static_cast<double>(bytes.size()) < message.number("size"))
    return ask(number, reading);
  auto done = std::move(readings_.extract(found).mapped());
  if (failed) return done.answer(std::unexpected(error_named(message.string("error"))));
  done.answer(std::move(done.have));
}

}  // namespace mullion::headless
