#include "cef/app/hello_socket.hpp"

#include <cstdlib>

#include "cef/app/announce.hpp"
#include "cef/module.hpp"

namespace mullion::cef {

namespace {

bool has_switch(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i)
    if (argv[i] == name) return true;
  return false;
}

// Renderers are forked from the zygote, or started without one. Behind the sandbox there is no connect.
bool brings_renderers(int argc, char** argv, std::string_view type) {
  return type == "renderer" || (type == "zygote" && !has_switch(argc, argv, "--no-zygote-sandbox"));
}

// Of the others main is told. Renderers are the sandboxed zygote's; the other one forks what has a sandbox of its own.
void announce_if_no_renderer(int argc, char** argv, std::string_view type) {
  const char* path = std::getenv(children_variable);
  if (!path || type == "renderer") return;
  announce(path);
  if (type == "zygote" && has_switch(argc, argv, "--no-zygote-sandbox")) announce_forks(path);
}

}  // namespace

std::string_view process_type(int argc, char** argv) {
  constexpr std::string_view name = "--type=";
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.starts_with(name)) return argument.substr(name.size());
  }
  return {};
}

std::optional<UniqueFd> connect_hello(int argc, char** argv) {
  auto type = process_type(argc, argv);
  const char* path = std::getenv(hello_variable);
  if (type.empty() || !path) return std::nullopt;
  announce_if_no_renderer(argc, argv, type);
  return brings_renderers(argc, argv, type) ? connect_to(path) : UniqueFd();
}

}  // namespace mullion::cef
