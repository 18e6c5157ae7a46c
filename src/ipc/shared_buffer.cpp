#include "mullion/ipc/shared_buffer.hpp"

#include <string>

#include "node/memory.hpp"

namespace mullion {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "buffer", .message = std::move(message)});
}

}  // namespace

Result<SharedBuffer> SharedBuffer::create(std::size_t bytes, Sharing sharing) {
  if (bytes == 0 || bytes > node::max_buffer_bytes) {
    return invalid("A SharedBuffer of " + std::to_string(bytes) +
                   " bytes cannot be: it holds between 1 byte and 1 GiB.");
  }
  auto file = node::MemoryFile::create(bytes, sharing);
  if (!file) return std::unexpected(std::move(file).error());
  return SharedBuffer(std::make_shared<node::Memory>(*std::move(file)));
}

Result<SharedBuffer> SharedBuffer::receive(node::Attachment memory) {
  if (!memory)
    return invalid("A buffer did not come along: its sender had no descriptor left for it, or could not seal it.");
  if (auto mapped = memory->file().map(); !mapped) return std::unexpected(std::move(mapped).error());
  return SharedBuffer(std::move(memory));
}

SharedBuffer::SharedBuffer(node::Attachment memory) : memory_(std::move(memory)) {}
void SharedBuffer::release() { memory_.reset(); }

std::size_t SharedBuffer::size() const { return memory_ ? memory_->file().bytes() : 0; }
Sharing SharedBuffer::sharing() const { return memory_ ? memory_->file().sharing() : Sharing::sealed; }
bool SharedBuffer::frozen() const { return memory_ && memory_->file().frozen(); }

std::span<const std::byte> SharedBuffer::bytes() const {
  if (!memory_) return {};
  const auto mapped = memory_->file().map();
  return mapped ? std::span<const std::byte>(*mapped) : std::span<const std::byte>();
}

std::span<std::byte> SharedBuffer::writable() {
  if (!memory_ || frozen()) return {};
  return memory_->file().map().value_or(std::span<std::byte>());
}

Result<SharedBuffer> SharedBuffer::copy() const {
  if (!memory_) return invalid("An empty SharedBuffer has no copy.");
  if (sharing() != Sharing::shared) return invalid("A sealed SharedBuffer is held once: only a shared one has copies.");
  return SharedBuffer(std::make_shared<node::Memory>(memory_->share_file()));
}

}  // namespace mullion
