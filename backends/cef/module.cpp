#include "cef/module.hpp"

#include "cef/browser/factory.hpp"
#include "cef/renderer/process.hpp"
#include "cef/thread/thread_factory.hpp"

extern "C" {
[[gnu::visibility("default")]] extern const char mullion_cef_version[];
const char mullion_cef_version[] = MULLION_VERSION;
}

extern "C" [[gnu::visibility("default")]] void mullion_cef_create_factory(
    mullion::backend::FactoryHost& host, const mullion::cef::Options& options,
    mullion::Result<std::unique_ptr<mullion::backend::ViewFactory>>& made) {
  bool own_thread = options.work == mullion::cef::Work::on_thread;
  made = own_thread ? mullion::cef::ThreadFactory::create(host, options) : mullion::cef::Factory::create(host, options);
}

extern "C" [[gnu::visibility("default")]] int mullion_cef_run_process(int argc, char** argv,
                                                                      mullion::backend::ProcessHost& host, int hello) {
  return mullion::cef::run_process(argc, argv, host, mullion::UniqueFd(hello));
}
