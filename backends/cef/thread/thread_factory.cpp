#include "cef/thread/thread_factory.hpp"

#include <string>
#include <utility>

#include "cef/thread/remote_view.hpp"
#include "mullion/base/log.hpp"

namespace mullion::cef {

Result<std::unique_ptr<backend::ViewFactory>> ThreadFactory::create(backend::FactoryHost& host,
                                                                    const Options& options) {
  std::unique_ptr<ThreadFactory> factory(new ThreadFactory(host));
  if (auto opened = factory->open(options); !opened) return std::unexpected(std::move(opened).error());
  return factory;
}

Result<> ThreadFactory::open(const Options& options) {
  auto places = Engine::check(options);
  if (!places) return std::unexpected(std::move(places).error());
  auto folder = PrivateFolder::create();
  if (!folder) return std::unexpected(std::move(folder).error());
  folder_ = std::move(*folder);
  auto thread = UiThread::create();
  if (!thread) return std::unexpected(std::move(thread).error());
  thread_ = std::move(*thread);
  auto sockets = open_sockets();
  if (!sockets) return std::unexpected(std::move(sockets).error());
  sockets_ = std::move(*sockets);
  auto engine = Engine::start(options, *places, folder_->path(), nullptr, host_);
  if (!engine) return std::unexpected(std::move(engine).error());
  engine_ = std::move(*engine);
  thread_->begin();
  return {};
}

// Both call from Chromium's thread.
Result<ChildSockets> ThreadFactory::open_sockets() {
  auto taken = [this, main = host_.loop().poster(), alive = alive_](UniqueFd link) {
    return main.post([this, alive, link = std::move(link)]() mutable {
      if (*alive) adopt(std::move(link));
    });
  };
  auto gone = [this, main = host_.loop().poster(), alive = alive_](std::string_view type, const ProcessEnd& end) {
    (void)main.post([this, alive, type = std::string(type), end] {
      if (*alive) host_.child_process_gone(type, end.reason, end.code);
    });
  };
  return ChildSockets::open(thread_->loop(), folder_->path(), std::move(taken), std::move(gone));
}

void ThreadFactory::adopt(UniqueFd link) {
  auto adopted = host_.adopt_renderer(std::move(link));
  if (!adopted) log(Level::error, "a renderer cannot be taken in: " + adopted.error().message);
}

Result<std::unique_ptr<backend::View>> ThreadFactory::create_view(backend::ViewHost& host,
                                                                  const backend::ViewOptions& options) {
  auto view = RemoteView::create(*thread_, host, *sockets_.hellos, browsers_, options);
  if (!view) return std::unexpected(std::move(view).error());
  return std::unique_ptr<backend::View>(std::move(*view));
}

// Chromium's processes end as they should from here on.
ThreadFactory::~ThreadFactory() {
  *alive_ = false;
  if (!engine_) return;
  engine_->close_resources();
  thread_->call([this] { sockets_.children.reset(); });
  thread_->end([this] { return *browsers_ == 0; });
  engine_.reset();
}

}  // namespace mullion::cef
