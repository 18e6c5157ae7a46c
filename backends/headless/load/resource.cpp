#include "headless/load/resource.hpp"

#include <utility>

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

using Outcome = std::expected<Resource, NetError>;

Outcome read_here(const std::string& path, const std::optional<std::string>& reader) {
  auto real = reader ? path_below(path, *reader) : real_path(path);
  if (!real) return std::unexpected(real.error());
  auto part = read_part(*real, 0, max_file_bytes);
  if (!part) return std::unexpected(part.error());
  return Resource{.bytes = std::move(part->bytes), .mime = std::string(mime_of(path))};
}

bool is_network(std::string_view scheme) {
  return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss" || scheme == "ftp";
}

}  // namespace

std::optional<NetError> refusal(const Url& url, const Url* reader) {
  const std::string& scheme = url.scheme();
  if (is_network(scheme)) return err_disallowed_url_scheme;
  if (scheme == "data") return {};
  if (scheme == "about") return url.pathname() == "blank" ? std::nullopt : std::optional(err_invalid_url);
  if (scheme != "file" && scheme != "app") return err_unknown_url_scheme;
  if (!reader) return {};
  bool same_kind = scheme == reader->scheme() && (scheme == "file" || url.host() == reader->host());
  return same_kind ? std::nullopt : std::optional(err_access_denied);
}

std::optional<std::string> path_of(const Url& url) {
  if (url.scheme() != "file" || !url.hostname().empty()) return {};
  std::string path = percent_decode(url.pathname());
  if (path.find('\0') != std::string::npos) return {};
  return path;
}

void Resources::read(const Url& url, const Url* reader, ResourceAnswer answer) {
  if (auto refused = refusal(url, reader)) {
    later(std::move(answer), [why = *refused]() -> Outcome { return std::unexpected(why); });
  } else if (url.scheme() == "file") {
    read_file(url, reader, std::move(answer));
  } else if (url.scheme() == "data") {
    later(std::move(answer), [url] { return parse_data_url(url); });
  } else if (url.scheme() == "about") {
    later(std::move(answer), []() -> Outcome { return Resource{.mime = "text/html"}; });
  } else {
    app_(url, relayed(std::move(answer)));
  }
}

void Resources::read_file(const Url& url, const Url* reader, ResourceAnswer answer) {
  auto path = path_of(url);
  auto by = reader ? std::optional(path_of(*reader).value_or("")) : std::nullopt;
  if (!path) return later(std::move(answer), []() -> Outcome { return std::unexpected(err_invalid_url); });
  if (files_) return files_(*path, by, relayed(std::move(answer)));
  later(std::move(answer), [path = std::move(*path), by = std::move(by)] { return read_here(path, by); });
}

// What is answered from elsewhere comes in a turn of its own as well.
ResourceAnswer Resources::relayed(ResourceAnswer answer) {
  return [this, alive = std::weak_ptr(alive_), answer = std::move(answer)](Outcome outcome) mutable {
    if (alive.expired()) return;
    later(std::move(answer), [outcome = std::move(outcome)]() mutable { return std::move(outcome); });
  };
}

void Resources::later(ResourceAnswer answer, std::move_only_function<Outcome()> work) {
  auto task = [alive = std::weak_ptr(alive_), answer = std::move(answer), work = std::move(work)]() mutable {
    if (!alive.expired()) answer(work());
  };
  (void)loop_.post(std::move(task));
}

}  // namespace mullion::headless
