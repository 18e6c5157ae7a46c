#include "cef/embed/host_backend.hpp"

#include "cef/app/hello_socket.hpp"
#include "cef/app/scheme.hpp"
#include "cef/browser/app_resource.hpp"
#include "cef/browser/view.hpp"
#include "cef/embed/adopted_surface.hpp"

namespace mullion::cef {

namespace {

// A view is one of the browser that is being adopted, or else of a window of its own.
class HostFactory final : public backend::ViewFactory {
 public:
  HostFactory(backend::FactoryHost& host, MainParts& parts)
      : parts_(parts), resources_(std::make_shared<AppSource>(host)) {
    parts_.factory = &host;
    CefRegisterSchemeHandlerFactory(app_scheme, "", make_app_scheme_factory(resources_));
  }
  ~HostFactory() override {
    resources_->close();
    CefRegisterSchemeHandlerFactory(app_scheme, "", nullptr);
    parts_.factory = nullptr;
  }

  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host,
                                                     const backend::ViewOptions& options) override {
    auto view = View::create(host, *parts_.sockets.hellos, parts_.browsers, surface(options));
    if (!view) return std::unexpected(std::move(view).error());
    return std::unique_ptr<backend::View>(std::move(*view));
  }

 private:
  std::unique_ptr<Surface> surface(const backend::ViewOptions& options) {
    if (CefRefPtr<CefBrowser> browser = std::exchange(parts_.adopting, nullptr))
      return std::make_unique<AdoptedSurface>(browser, parts_.handlers);
    return make_surface(options);
  }

  MainParts& parts_;
  std::shared_ptr<AppSource> resources_;
};

Error not_attached() {
  return {.kind = Kind::failed, .code = "attach", .message = "the program's Host was not attached"};
}

}  // namespace

Result<> MainParts::open() {
  auto own_folder = PrivateFolder::create();
  if (!own_folder) return std::unexpected(std::move(own_folder).error());
  auto own_loop = Loop::create();
  if (!own_loop) return std::unexpected(std::move(own_loop).error());
  folder = std::move(*own_folder);
  loop = std::move(*own_loop);
  auto adopt = [this](UniqueFd link) -> Result<> {
    if (!factory) return std::unexpected(not_attached());
    return factory->adopt_renderer(std::move(link));
  };
  auto gone = [this](std::string_view type, const ProcessEnd& end) {
    if (factory) factory->child_process_gone(type, end.reason, end.code);
  };
  auto opened = ChildSockets::open(*loop, folder->path(), adopt, gone);
  if (!opened) return std::unexpected(std::move(opened).error());
  sockets = std::move(*opened);
  return {};
}

Result<std::unique_ptr<backend::ViewFactory>> HostBackend::create_factory(backend::FactoryHost& host) const {
  return std::make_unique<HostFactory>(host, main_);
}

Result<std::unique_ptr<backend::Renderer>> HostBackend::create_renderer(backend::RendererHost&) const {
  return std::unexpected(Error{
      .kind = Kind::unimplemented, .code = "renderer", .message = "Chromium starts its renderer processes itself"});
}

std::optional<int> HostBackend::run_process(int argc, char** argv, backend::ProcessHost& host) const {
  if (process_type(argc, argv).empty()) return std::nullopt;
  child_.hello = connect_hello(argc, argv).value_or(UniqueFd());
  child_.process = &host;
  int code = CefExecuteProcess(CefMainArgs(argc, argv), child_.app, nullptr);
  if (child_.renderer) child_.renderer->leave();
  child_.process = nullptr;
  return code < 0 ? 1 : code;
}

}  // namespace mullion::cef
