#include "transport/event_bell.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace mullion::transport {
namespace {

class EventBell final : public Bell {
 public:
  explicit EventBell(UniqueFd event) : event_(std::move(event)) {}
  bool ring() override { return eventfd_write(event_.get(), 1), true; }

 private:
  UniqueFd event_;
};

struct Ear {
  UniqueFd event;
  FdWatch watch;
};

}  // namespace

Result<UniqueFd> make_event() {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return std::unexpected(errno_error("Cannot make a link's doorbell"));
  return event;
}

Result<UniqueFd> same_event(const UniqueFd& event) {
  UniqueFd copy(fcntl(event.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return std::unexpected(errno_error("Cannot share a link's doorbell"));
  return copy;
}

std::unique_ptr<Bell> event_bell(UniqueFd peers) { return std::make_unique<EventBell>(std::move(peers)); }

Result<std::shared_ptr<void>> event_ear(Loop& loop, UniqueFd own, Owner& owner) {
  auto ear = std::make_shared<Ear>();
  ear->event = std::move(own);
  auto watch = FdWatch::start(loop, ear->event.get(), FdWatch::readable, [fd = ear->event.get(), &owner](int) {
    const auto held = owner.hold();
    eventfd_t count = 0;
    eventfd_read(fd, &count);
    owner.on_stir();
  });
  if (!watch) return std::unexpected(watch.error());
  ear->watch = std::move(*watch);
  return ear;
}

}  // namespace mullion::transport
