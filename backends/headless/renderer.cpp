#include "headless/renderer.hpp"

#include <cstdlib>
#include <utility>

#include "headless/messages.hpp"
#include "script/jsc/engine.hpp"

namespace mullion::headless {
namespace {

// Main may name one of Chromium's errors as the code of its own.
NetError net_error_of(const Error& error) {
  for (NetError known : {err_file_not_found, err_file_too_big, err_access_denied, err_invalid_url,
                         err_disallowed_url_scheme, err_unknown_url_scheme, err_aborted})
    if (error.code == known.name) return known;
  if (error.code == "ENOENT") return err_file_not_found;
  return error.kind == Kind::denied ? err_access_denied : err_failed;
}

AppProvider provider_of(backend::RendererHost& host) {
  return [&host](const Url& url, ResourceAnswer answer) {
    auto translate = [answer = std::move(answer)](Result<backend::AppResource> got) mutable {
      if (!got) return answer(std::unexpected(net_error_of(got.error())));
      answer(Resource{.bytes = std::move(got->bytes), .mime = std::move(got->mime_type)});
    };
    host.fetch_app_resource(url.without_fragment(), std::move(translate));
  };
}

// The engine looks for the time zone in files, again and again: it can read them now, and is told by TZ later.
Result<> read_time_zone(script::Engine& engine) {
  auto context = engine.create_context("time zone");
  if (!context) return std::unexpected(context.error());
  auto zone = (*context)->evaluate("new Intl.DateTimeFormat().resolvedOptions().timeZone", "", 1);
  if (!zone) return std::unexpected(zone.error());
  if (const std::string name = zone->take_text(); !name.empty()) ::setenv("TZ", name.c_str(), 0);
  return {};
}

}  // namespace

Result<std::unique_ptr<Renderer>> Renderer::create(backend::RendererHost& host) {
  auto engine = script::jsc::make_engine(host.loop());
  if (!engine) return std::unexpected(engine.error());
  if (auto read = read_time_zone(**engine); !read) return std::unexpected(read.error());
  auto frame = host.create_frame("", "");
  if (!frame) return std::unexpected(std::move(frame).error());
  return std::unique_ptr<Renderer>(new Renderer(host, std::move(*frame), std::move(*engine)));
}

Renderer::Renderer(backend::RendererHost& host, std::unique_ptr<backend::Frame> frame,
                   std::unique_ptr<script::Engine> engine)
    : host_(host),
      frame_(std::move(frame)),
      engine_(std::move(engine)),
      files_([this](Value message) { tell(std::move(message)); }),
      page_(host.loop(), *engine_, static_cast<PageEvents&>(*this), provider_of(host),
            [this](const std::string& path, const std::optional<std::string>& reader, ResourceAnswer answer) {
              files_.read(path, reader, std::move(answer));
            }) {}

void Renderer::on_message(Value message) {
  const std::string& what = message.string("do");
  auto load = message["load"].to<std::uint64_t>().value_or(load_);
  if (what == message::load) page_.load(message.string("url"), load);
  if (what == message::reload) page_.reload(load);
  if (what == message::stop) page_.stop();
  if (what == message::before_unload) leave(message["ask"]);
  if (what == message::file) files_.answered(message);
}

// A page that may go goes: its unload handlers run before main ends this process.
void Renderer::leave(const Value& ask) {
  bool go = page_.before_unload();
  if (go) page_.close();
  tell(Value{{"told", message::may_unload}, {"ask", ask}, {"go", go}});
}

void Renderer::tell_load(std::string_view what) { tell(Value{{"told", what}, {"load", load_}}); }

void Renderer::started_loading(std::uint64_t load) {
  load_ = load;
  tell_load(message::started);
}

void Renderer::navigated(std::string_view url) {
  tell(Value{{"told", message::navigated}, {"load", load_}, {"url", url}});
}

Result<> Renderer::context_created(Which which, script::Context& context, std::string_view url) {
  auto world = which == Which::main ? backend::World::main : backend::World::isolated;
  return frame_->context_created(world, context, url);
}

void Renderer::dom_ready() { tell_load(message::dom_ready); }
void Renderer::finished_loading() { tell_load(message::finished); }
void Renderer::stopped_loading() { tell_load(message::stopped); }

void Renderer::failed_loading(NetError why, std::string_view url) {
  tell(Value{{"told", message::failed}, {"load", load_}, {"code", why.code}, {"name", why.name}, {"url", url}});
}

void Renderer::title(std::string_view text) { tell(Value{{"told", message::title}, {"text", text}}); }

void Renderer::console(const ConsoleLine& line) {
  tell(Value{{"told", message::console},
             {"level", static_cast<int>(line.level)},
             {"text", line.text},
             {"url", line.url},
             {"line", line.line}});
}

void Renderer::close_requested() { tell(Value{{"told", message::close}}); }

}  // namespace mullion::headless
