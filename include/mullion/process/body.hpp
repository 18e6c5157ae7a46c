// What a call carries between processes, before anyone has looked at it, and who answers it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/ipc/channel.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion::detail {

// A call's arguments or its result as they travel: a value in the clone format (the array of arguments, or the
// result), or one FlatBuffers table with its schema's hash.
struct Body {
  enum class Form : std::uint8_t { value = 0, table = 1 };
  Form form = Form::value;
  std::uint64_t hash = 0;  // of the table's schema; 0 for values
  std::vector<std::byte> bytes{};
};

Body value_body(const Value& value);
// The value that a body holds; a table answers `invalid`.
Result<Value> body_value(const Body& body);
// The error that a value holds; of a value that is none, one that shows it.
Error error_of(const Value& value);
// The arguments of an untyped call.
Result<std::vector<Value>> body_arguments(const Body& body);
// The bytes of a table of that schema: a table's own after its hash was compared, or built from the first argument of
// a script's call, checked against the schema. Not yet verified when they came as a table.
Result<std::vector<std::byte>> body_table(const TableCodec& codec, std::string_view channel, Body body);
// A reply in the form that the caller asked for: a table where it asked with one, else a value made by the schema.
Result<Body> reply_body(const TableCodec& codec, Body::Form asked, std::vector<std::byte> table);

// Answers one call. Move-only; dropped unanswered it rejects the call with `failed`, "reply was never sent".
class Responder {
 public:
  using Sink = std::move_only_function<void(Result<Body>)>;
  Responder(Body::Form asked, Sink sink) : asked_(asked), sink_(std::move(sink)) {}
  Responder(Responder&& other) noexcept : asked_(other.asked_), sink_(std::move(other.sink_)) { other.sink_ = nullptr; }
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  Body::Form asked() const { return asked_; }
  void answer(Result<Body> result);

 private:
  Body::Form asked_;
  Sink sink_;
};

}  // namespace mullion::detail
