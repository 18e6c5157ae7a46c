#include <mullion/preload.hpp>

#include "channels.hpp"
using namespace mullion;

Result<> bridge(preload::Context& context) {
  preload::Api api;
  api.add(open_file);
  return context.context_bridge().expose_in_main_world("explorer", std::move(api));
}
