#include "mullion/process/body.hpp"

namespace mullion::detail {

namespace {

Error wrong_form(std::string_view found, std::string_view wanted) {
  return {.kind = Kind::invalid,
          .code = "schema-mismatch",
          .message = "the message carries " + std::string(found) + " where " + std::string(wanted) + " is expected"};
}

}  // namespace

Body value_body(const Value& value) { return {Body::Form::value, 0, encode(value)}; }

Result<Value> body_value(const Body& body) {
  if (body.form != Body::Form::value) return std::unexpected(wrong_form("a table", "a value"));
  if (body.bytes.empty()) return Value::undefined();
  return decode(body.bytes);
}

Error error_of(const Value& value) {
  auto error = value.to<Error>();
  return error ? std::move(*error) : Error{.kind = Kind::failed, .message = value.inspect()};
}

Result<std::vector<Value>> body_arguments(const Body& body) {
  auto value = body_value(body);
  if (!value) return std::unexpected(std::move(value).error());
  if (!value->is_array()) return std::unexpected(wrong_form("a value", "an array of arguments"));
  return std::vector<Value>(value->elements().begin(), value->elements().end());
}

Result<std::vector<std::byte>> body_table(const TableCodec& codec, std::string_view channel, Body body) {
  if (body.form == Body::Form::table) {
    if (auto same = check_schema(codec, channel, body.hash); !same) return std::unexpected(same.error());
    return std::move(body.bytes);
  }
  auto value = body_value(body);
  if (!value) return std::unexpected(std::move(value).error());
  return codec.from_value(value->is_array() ? (*value)[0] : *value);
}

Result<Body> reply_body(const TableCodec& codec, Body::Form asked, std::vector<std::byte> table) {
  if (asked == Body::Form::table) return Body{Body::Form::table, codec.hash, std::move(table)};
  auto value = codec.to_value(table);
  if (!value) return std::unexpected(std::move(value).error());
  return value_body(*value);
}

Responder::~Responder() {
  if (sink_) sink_(std::unexpected(Error{.kind = Kind::failed, .code = "no-reply", .message = "reply was never sent"}));
}

void Responder::answer(Result<Body> result) {
  if (auto sink = std::exchange(sink_, nullptr)) sink(std::move(result));
}

}  // namespace mullion::detail
