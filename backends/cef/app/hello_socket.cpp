#include "cef/app/hello_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>

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

UniqueFd connect_to(const char* path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (std::strlen(path) >= sizeof address.sun_path) return {};
  std::strcpy(address.sun_path, path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (socket && connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
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
  return brings_renderers(argc, argv, type) ? connect_to(path) : UniqueFd();
}

}  // namespace mullion::cef
