// Where everything that a headless page reads comes from.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headless/load/file.hpp"
#include "headless/load/net_error.hpp"
#include "headless/url/url.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::headless {

struct Resource {
  std::vector<std::byte> bytes{};
  std::string mime{};  // "text/html; charset=utf-8"
};

using ResourceAnswer = std::move_only_function<void(std::expected<Resource, NetError>)>;

// Answers a path of an app: URL, once; from inside the call or later.
using AppProvider = std::move_only_function<void(const Url& url, ResourceAnswer answer)>;

// Answers a file's path, read by the document at the path `reader` or, without one, by the program itself; once, from
// inside the call or later.
using FileProvider = std::move_only_function<void(const std::string& path, const std::optional<std::string>& reader,
                                                  ResourceAnswer answer)>;

// The one way to a page's bytes: documents, scripts and fetch all come through `read`, so what a page may read is
// decided in one place, and a renderer that may open no file asks main there. Loop thread.
//
// - file: regular files up to 512 MiB. A document may read what lies in its own folder or below, after symbolic links
//   are followed: file:///srv/app/index.html reaches /srv/app and nothing else.
// - app: what the provider answers. An app: document may read its own host, and no file.
// - data: anyone. about:blank: empty.
// - Everything else is refused by name. http: and https: are: there is no network here.
class Resources {
 public:
  // Without a FileProvider files are read here.
  Resources(Loop& loop, AppProvider app, FileProvider files = {})
      : loop_(loop), app_(std::move(app)), files_(std::move(files)) {}

  // `reader` is the document that asks; nullptr stands for the program itself, which may read anything. The answer
  // comes in a later turn of the loop, or never if the Resources end before.
  void read(const Url& url, const Url* reader, ResourceAnswer answer);

 private:
  void read_file(const Url& url, const Url* reader, ResourceAnswer answer);
  ResourceAnswer relayed(ResourceAnswer answer);
  void later(ResourceAnswer answer, std::move_only_function<std::expected<Resource, NetError>()> work);

  Loop& loop_;
  AppProvider app_;
  FileProvider files_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Whether a document may read `url`, before any file is looked at: why not, or nothing.
std::optional<NetError> refusal(const Url& url, const Url* reader);

// The path that a file: URL names; nothing for another host's or an unusable one.
std::optional<std::string> path_of(const Url& url);

std::string_view mime_of(std::string_view path);  // by its extension; "" when unknown
std::expected<Resource, NetError> parse_data_url(const Url& url);

}  // namespace mullion::headless
