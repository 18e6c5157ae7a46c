// What the page may do: the typed channels, and the port to the index.
#include <mullion/preload.hpp>

#include "channels.hpp"
#include "explorer.hpp"

using namespace mullion;

Result<> bridge(preload::Context& context) {
  preload::Api api;
  api.add("file", Value(context.arguments().at(0)));
  api.add("interactive", Value(context.arguments().at(1) == "interactive"));
  api.add(open_texts);
  api.add(ping);
  api.add(processes);
  api.add(indexing);
  api.add(times);
  api.add(found);
  api.add(searched);
  api.add(port_closed);
  api.add(failed);
  api.add(finished);
  // Ports do not pass a context bridge in Electron either; they pass by window.postMessage.
  context.ipc_renderer().on("index", [&context](preload::PortEvent event) {
    (void)context.window().post_message("index", std::move(event.ports));
  });
  return context.context_bridge().expose_in_main_world("explorer", std::move(api));
}
