#include "mullion/backends/headless.hpp"

#include "headless/module.hpp"
#include "headless/view.hpp"
#include "mullion/backend_module.hpp"

namespace mullion::headless {

namespace {

constexpr backend::ModuleName module{.backend = "the headless backend",
                                     .file = module_file,
                                     .folder = MULLION_MODULE_DIR,
                                     .version_symbol = module_version_symbol,
                                     .version = MULLION_VERSION};

class Factory final : public backend::ViewFactory {
 public:
  explicit Factory(Isolation isolation) : isolation_(isolation) {}

  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host, const backend::ViewOptions&) override {
    if (auto started = host.start_renderer(isolation_); !started) return std::unexpected(started.error());
    return std::make_unique<View>(host, isolation_);
  }

 private:
  Isolation isolation_;
};

class HeadlessBackend final : public backend::Backend {
 public:
  explicit HeadlessBackend(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return "headless"; }

  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost&) const override {
    return std::make_unique<Factory>(options_.isolation);
  }

  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    auto make = backend::module_function<MakeRenderer>(module, options_.module, module_entry);
    if (!make) return std::unexpected(std::move(make).error());
    Result<std::unique_ptr<backend::Renderer>> made;
    (*make)(host, made);
    return made;
  }

 private:
  Options options_;
};

}  // namespace

std::shared_ptr<const backend::Backend> backend(Options options) {
  return std::make_shared<HeadlessBackend>(std::move(options));
}

}  // namespace mullion::headless
