#include "mullion/backends/cef.hpp"

#include <cstdio>

#include "cef/app/hello_socket.hpp"
#include "cef/module.hpp"
#include "mullion/backend_module.hpp"

namespace mullion::cef {

namespace {

constexpr backend::ModuleName module{.backend = "the CEF backend",
                                     .file = module_file,
                                     .folder = MULLION_MODULE_DIR,
                                     .version_symbol = module_version_symbol,
                                     .version = MULLION_VERSION};

class CefBackend final : public backend::Backend {
 public:
  explicit CefBackend(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return "cef"; }

  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost& host) const override {
    auto create = backend::module_function<CreateFactory>(module, options_.module, module_factory);
    if (!create) return std::unexpected(std::move(create).error());
    Result<std::unique_ptr<backend::ViewFactory>> made;
    (*create)(host, options_, made);
    return made;
  }

  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost&) const override {
    return std::unexpected(Error{
        .kind = Kind::unimplemented, .code = "renderer", .message = "Chromium starts its renderer processes itself"});
  }

  std::optional<int> run_process(int argc, char** argv, backend::ProcessHost& host) const override {
    auto hello = connect_hello(argc, argv);
    if (!hello) return std::nullopt;
    if (auto run = backend::module_function<RunProcess>(module, options_.module, module_process))
      return (*run)(argc, argv, host, hello->release());
    else
      std::fprintf(stderr, "%s\n", run.error().message.c_str());
    return 1;
  }

 private:
  Options options_;
};

}  // namespace

std::shared_ptr<const backend::Backend> backend(Options options) {
  return std::make_shared<CefBackend>(std::move(options));
}

}  // namespace mullion::cef
