// What a child says to main as a process, and what stands in its body: values, tables, arguments.
#include <memory>

#include "feed.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/ipc/table.hpp"
#include "mullion/node/broker.hpp"
#include "process/boot_port.hpp"
#include "table_test_generated.h"
#include "targets.hpp"

namespace {

using namespace mullion;
using fuzz::Feed;
using process::BootPort;
using process::Incoming;

template <class T>
void verify(const mullion::detail::Body& body) {
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(body.bytes.data()), body.bytes.size());
  (void)verifier.VerifyBuffer<T>();
}

void look_at(Incoming message) {
  (void)mullion::detail::body_arguments(message.body);
  if (auto value = mullion::detail::body_value(message.body)) (void)mullion::detail::error_of(*value);
  verify<protocol::UtilityStart>(message.body);
  verify<protocol::RendererStart>(message.body);
  verify<protocol::PreloadScript>(message.body);
  verify<protocol::Introduction>(message.body);
  verify<protocol::AppResource>(message.body);
  (void)mullion::detail::body_table(codec<shop::Numbers>(), message.channel, message.body);
  (void)mullion::detail::body_table(codec<shop::Tree>(), message.channel, std::move(message.body));
}

// A node of two ends: what is posted at one comes in at the other as from a child.
struct Scene {
  std::unique_ptr<Loop> loop = std::move(*Loop::create());
  std::unique_ptr<node::Broker> broker = std::move(*node::Broker::create(*loop, {.undumpable = false}));
};

}  // namespace

void process_fuzz(FuzzBytes input) {
  static Scene scene;
  node::Node& node = scene.broker->node();
  auto ends = node.create_channel();
  if (!ends) return;
  Feed feed(input);
  {
    BootPort port(scene.broker->share_node(), ends->second,
                  feed.byte() % 2 ? process::Waiting::may : process::Waiting::never);
    bool violated = false;
    port.start({.receive = look_at, .violated = [&](std::string) { violated = true; }, .closed = [](auto) {}});
    for (int i = 0; i < 16 && !feed.empty() && !violated; ++i) {
      const bool ported = feed.below(8) == 0;
      auto more = ported ? node.create_channel() : std::unexpected(Error{});
      const auto bytes = feed.piece(feed.number<std::uint16_t>() % 2048);
      (void)node.post(ends->first, bytes, std::span(more ? &more->first : nullptr, more ? 1 : 0));
      if (more) node.close(more->second);
      scene.loop->dispatch();
    }
  }
  node.close(ends->first);
  for (int i = 0; i < 3; ++i) scene.loop->dispatch();
}
