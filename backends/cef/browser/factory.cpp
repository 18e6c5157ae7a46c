#include "cef/browser/factory.hpp"

#include <utility>

#include "cef/browser/view.hpp"

namespace mullion::cef {

namespace {

constexpr int closing_patience_ms = 5000;

}  // namespace

Result<std::unique_ptr<backend::ViewFactory>> Factory::create(backend::FactoryHost& host, const Options& options) {
  std::unique_ptr<Factory> factory(new Factory(host));
  if (auto opened = factory->open(options); !opened) return std::unexpected(std::move(opened).error());
  return factory;
}

Result<> Factory::open(const Options& options) {
  auto places = Engine::check(options);
  if (!places) return std::unexpected(std::move(places).error());
  auto folder = PrivateFolder::create();
  if (!folder) return std::unexpected(std::move(folder).error());
  folder_ = std::move(*folder);
  auto sockets = ChildSockets::open(
      host_.loop(), folder_->path(), [this](UniqueFd link) { return host_.adopt_renderer(std::move(link)); },
      [this](std::string_view type, const ProcessEnd& end) { host_.child_process_gone(type, end.reason, end.code); });
  if (!sockets) return std::unexpected(std::move(sockets).error());
  sockets_ = std::move(*sockets);
  auto pump = MessagePump::create(host_.loop());
  if (!pump) return std::unexpected(std::move(pump).error());
  pump_ = std::move(*pump);
  auto engine = Engine::start(options, *places, folder_->path(), pump_, host_);
  if (!engine) return std::unexpected(std::move(engine).error());
  engine_ = std::move(*engine);
  return {};
}

Result<std::unique_ptr<backend::View>> Factory::create_view(backend::ViewHost& host,
                                                            const backend::ViewOptions& options) {
  auto view = View::create(host, *sockets_.hellos, browsers_, make_surface(options));
  if (!view) return std::unexpected(std::move(view).error());
  return std::unique_ptr<backend::View>(std::move(*view));
}

// Its processes end as they should from here on.
Factory::~Factory() {
  sockets_.children.reset();
  if (engine_) {
    engine_->close_resources();
    pump_->work_until([this] { return *browsers_ == 0; }, closing_patience_ms);
  }
  engine_.reset();
  if (pump_) pump_->stop();
}

}  // namespace mullion::cef
