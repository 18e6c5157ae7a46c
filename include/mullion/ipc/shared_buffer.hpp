// SharedBuffer: memory that goes from process to process in a message without being copied.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "mullion/base/error.hpp"
#include "mullion/node/types.hpp"

namespace mullion {

using node::Sharing;

// One program's hold on a piece of memory. Move-only; dropping it gives the memory back when nobody else has it.
// Belongs to one thread, its loop's from the first time that it is sent; the bytes may be touched by any.
//
//   auto picture = SharedBuffer::create(width * height * 4);               // or Sharing::shared
//   draw(picture->writable());
//   port.post_message({{"width", width}}, *std::move(picture));            // Message::buffers at the other end
//
// - `sealed`, the default: written until it is sent, then never again, by nobody: the kernel sees to it, and the
//   receiver has checked that it does. What it reads cannot change under its hands, whoever sent it.
// - `shared`: everybody who has it writes to it at any time. Nothing orders that but what the program does itself, a
//   message for example. A hostile process can change what was checked, and make the kernel take memory for it on this
//   one's account: for processes that trust each other. copy() is the way to have it at both ends at once.
// - A buffer that is sent back is recognised: each process opens and maps it once for each other process that it has it
//   from, however often it goes to and fro. Each costs a descriptor and its address space while somebody holds it.
// - It leaves if and only if the message that carries it was posted; a sealed one is then frozen, even if it is still
//   to be sent. 16 go with one message, and each counts for 64 KiB in what may wait at a port.
// - A page's script gets a copy of its bytes, an ArrayBuffer.
class SharedBuffer {
 public:
  SharedBuffer() = default;  // empty: holds nothing
  // `invalid`: no bytes, or more than 1 GiB. `failed`, its code errno's name: no memory or no descriptor. Not in a
  // renderer of Chromium's, whose sandbox ends a process that makes memory of its own: it may only receive one.
  static Result<SharedBuffer> create(std::size_t bytes, Sharing sharing = Sharing::sealed);

  SharedBuffer(SharedBuffer&&) noexcept = default;
  SharedBuffer& operator=(SharedBuffer&&) noexcept = default;

  // False once it was moved from or sent.
  explicit operator bool() const { return memory_ != nullptr; }
  std::size_t size() const;
  Sharing sharing() const;
  bool frozen() const;                       // nobody writes to it any more
  std::span<const std::byte> bytes() const;  // valid as long as any SharedBuffer here holds the memory
  std::span<std::byte> writable();           // none when it is frozen
  // A second hold on the same memory. `invalid` for one that is not `shared`: copy its bytes, or send it on.
  Result<SharedBuffer> copy() const;

  // For the layer below and who knows it.
  explicit SharedBuffer(node::Attachment memory);
  static Result<SharedBuffer> receive(node::Attachment memory);  // maps it
  const node::Attachment& memory() const { return memory_; }
  void release();

 private:
  node::Attachment memory_;
};

}  // namespace mullion
