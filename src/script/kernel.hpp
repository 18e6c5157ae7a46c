// The native interface of the JavaScript kernel (kernel/*.js): what native code asks of it, and it of native code.
//
// One Kernel per Context: each world of a frame has its own. Boot it after the platform (Event, EventTarget,
// MessageEvent, DOMException) and before anything of the page. It holds structured clone, MessagePort, contextBridge,
// ipcRenderer and window.postMessage; between worlds, and between it and native code, only bytes and ids cross.
//
// Bytes are whole messages in the clone format (src/protocol/clone.md): version byte, one value. "Arguments" are such a
// message whose value is an array. Ports are named by ids that the host gives out, valid in every kernel of that host;
// an id has one owner at a time: the kernel that was told it last, until the kernel hands it back or closes it.
//
// Everything here belongs to the script thread. Every entry catches what script throws. An entry may run script, and
// script may call back into the host before the entry returns; the host may release the kernel only after that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/script/engine.hpp"

namespace mullion::script {

using Bytes = std::span<const std::byte>;
using Buffer = std::vector<std::byte>;
using PortId = std::uint64_t;      // 1 up to 2^53 - 1
using FunctionId = std::uint64_t;  // likewise; a function or a promise in its owner's table
using WorldId = std::uint32_t;

inline constexpr WorldId main_world = 0;             // the page's
inline constexpr WorldId isolated_world = 999;       // the preload's, as in Electron
inline constexpr WorldId native_world = 0xffffffff;  // functions and promises that C++ owns

// What a call gave: its result, or (ok == false) the error it threw, as a clone message.
struct Outcome {
  bool ok = true;
  Buffer value{};
};

// What one world's kernel asks of native code. An Error that is returned is thrown in the script (code, kind, message).
// Ports named in a call leave the kernel if and only if the call succeeds.
class KernelHost {
 public:
  virtual ~KernelHost() = default;

  // Runs `Kernel::run_task` once, soon, in a task of its own (never from inside this call).
  virtual void later() = 0;
  // An exception that no script caught: of a listener, a handler, a preload.
  virtual void report(const Exception& exception) = 0;

  // Ports. A channel's ends are n (answered) and n + 1, both unstarted. Messages and the close of an end are to be told
  // by Kernel::port_message and port_closed after port_start, each in a task of its own, in order.
  virtual Result<PortId> create_channel() = 0;
  virtual Result<> port_post(PortId port, Bytes message, std::span<const PortId> ports) = 0;
  virtual void port_start(PortId port) = 0;
  // The end moves to another owner, in this world or out of it: nothing of it is told until the next port_start, and
  // what it has not delivered goes with it. Comes before the call that hands it over; port_start follows if that fails.
  virtual void port_stop(PortId port) = 0;
  virtual void port_close(PortId port) = 0;  // closed by script, collected, never claimed, or told to be closed

  // ipcRenderer (isolated world). `arguments` of ipc_post_message is an array of the one message.
  virtual Result<> ipc_send(std::string_view channel, Bytes arguments) = 0;
  virtual Result<> ipc_post_message(std::string_view channel, Bytes arguments, std::span<const PortId> ports) = 0;
  virtual Result<Buffer> ipc_send_sync(std::string_view channel, Bytes arguments) = 0;
  // Answered by Kernel::invoke_reply with the same request number.
  virtual Result<> ipc_invoke(std::uint64_t request, std::string_view channel, Bytes arguments) = 0;

  // window.postMessage. To be delivered, in a task of its own, by window_message of the main world's kernel with the
  // ports and of the isolated world's without (whichever world posted). Where the worlds share the frame's DOM, as
  // Chromium's do, they share its events too: there it is delivered to the main world's only.
  virtual Result<> window_post(Bytes message, std::string_view origin, std::span<const PortId> ports) = 0;

  // The bridge to native code: a call of a function that the process exposed, and the release of one.
  virtual Result<Outcome> bridge_call(FunctionId function, Bytes arguments) = 0;
  virtual void bridge_release(FunctionId function, std::uint64_t count) = 0;
  // Pass this to the Kernel of world `to`, with this one's id as `from`, and answer what it answers; `disconnected`,
  // code "released", if it is gone.
  virtual Result<Outcome> bridge_execute(WorldId to, std::string_view function_source, Bytes arguments) = 0;

  // The end of Kernel::execute: the result, promises followed, or the error as clone messages.
  virtual void executed(std::uint64_t request, bool ok, Bytes value) = 0;
};

struct KernelOptions {
  WorldId world = main_world;  // the isolated world's kernel has ipcRenderer, contextBridge and require
};

// What native code asks of one world's kernel. Destroying it releases the world's part: ports are closed, functions
// forgotten, what the script still calls fails with "IPC method called after context was released". Destroy it before
// its Context, and not from inside a call of its own.
class Kernel {
 public:
  static Result<std::unique_ptr<Kernel>> boot(Context& context, KernelHost& host, const KernelOptions& options);
  virtual ~Kernel() = default;

  virtual void run_task() = 0;

  // A port's next message; the ports it carries become this kernel's. Unknown ids (closed meanwhile) close what came.
  virtual void port_message(PortId port, Bytes message, std::span<const PortId> ports) = 0;
  virtual void port_closed(PortId port, std::string_view reason) = 0;  // closed, peer-exited, protocol, refused

  virtual void ipc_message(std::string_view channel, Bytes arguments, std::span<const PortId> ports) = 0;
  virtual void invoke_reply(std::uint64_t request, bool ok, Bytes value) = 0;  // !ok: value is the error
  virtual void window_message(Bytes message, std::string_view origin, std::span<const PortId> ports) = 0;

  // The bridge to the other world of the frame: from now on each calls the other, until one of them is destroyed.
  virtual Result<> meet(Kernel& other) = 0;
  // The bridge from native code: what the process exposes on the window, and the end of a promise of its own.
  virtual Result<Outcome> bridge_expose(std::string_view key, Bytes api) = 0;
  virtual void bridge_settle(FunctionId promise, bool ok, Bytes value) = 0;
  virtual Result<Outcome> bridge_execute(WorldId from, std::string_view function_source, Bytes arguments) = 0;

  // execute_java_script: runs code in the global scope, follows a promise, ends with KernelHost::executed.
  virtual void execute(std::uint64_t request, std::string_view code, std::string_view url) = 0;
  // Runs a preload script as a function of (require, module, exports). An exception is answered, not reported.
  virtual Result<> run_preload(std::string_view source, std::string_view url) = 0;
};

// Bridge messages may also hold functions, promises and whole messages (tags 17 to 1A, between worlds of one frame
// only: kernel/clone.js). What C++ needs to expose functions of its own:
//   api = bridge_object({{"openFile", bridge_function(native_world, 7)}, {"version", encoded_value}});
//   kernel.bridge_expose("explorer", api);
// The page's call arrives as KernelHost::bridge_call(7, arguments); its Outcome's value may be
// bridge_promise(native_world, 8), ended later with kernel.bridge_settle(8, ok, value).
struct BridgeMember {
  std::string_view key;
  Buffer message;  // a clone or bridge message
};
Buffer bridge_function(WorldId owner, FunctionId function);
Buffer bridge_promise(WorldId owner, FunctionId promise);
Buffer bridge_object(std::span<const BridgeMember> members);

}  // namespace mullion::script
