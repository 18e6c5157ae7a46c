// Lists of scalars as records on the stage.
#pragma once

#include <span>
#include <vector>

#include "cef/v8/stage.hpp"
#include "mullion/script/engine.hpp"

namespace mullion::cef::v8 {

class World;

CefString to_cef(std::string_view utf8);
std::string to_utf8(const CefString& text);

// A record in the making: what fits is written, what does not is carried.
class Writer {
 public:
  // How much of the stage the scalars take, from `start` on.
  static std::size_t extent(const Stage& stage, std::span<const script::Scalar> scalars, std::size_t start);

  // Whether some of them become ArrayBuffers, which can be made inside a context only.
  static bool makes_buffers(const Stage& stage, std::span<const script::Scalar> scalars);

  Writer(Stage& stage, std::size_t start, std::size_t count) : stage_(stage), index_(start), at_(start + 16 * count) {}
  void add(script::Scalar&& scalar);
  std::size_t end() const { return at_; }
  const CefV8ValueList& carried() const { return carried_; }
  const CefV8ValueList& lent() const { return lent_; }  // of the carried, to be taken back after the call

 private:
  void item(Type type, double value);
  void write(Type type, std::span<const std::byte> bytes);
  void carry(CefRefPtr<CefV8Value> value);

  Stage& stage_;
  std::size_t index_;
  std::size_t at_;
  CefV8ValueList carried_;
  CefV8ValueList lent_;
};

// Whether a scalar's bytes or text travel as a value of CEF's.
bool is_carried(const Stage& stage, const script::Scalar& scalar);
CefRefPtr<CefV8Value> to_carried(script::Scalar&& scalar);

enum class Bytes : std::uint8_t { view, copy };  // of what stands on the stage

// One item whose bytes begin at `from`.
script::Scalar read_item(World& world, Stage& stage, Type type, double value, std::size_t from,
                         const CefV8ValueList& carried, Bytes bytes);
// A record that script wrote. `end` is where it ends; what does not fit the stage reads as nothing.
std::vector<script::Scalar> read_record(World& world, Stage& stage, std::size_t start, std::size_t count,
                                        const CefV8ValueList& carried, Bytes bytes, std::size_t& end);

}  // namespace mullion::cef::v8
