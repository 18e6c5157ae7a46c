#include "cef/v8/record.hpp"

#include <cstring>

#include "cef/v8/world.hpp"
#include "script/utf.hpp"

namespace mullion::cef::v8 {
namespace {

constexpr std::size_t staged_bytes = 4096;  // up to here a copy costs less than a buffer
constexpr std::size_t staged_text = 64 * 1024;

std::size_t size_on_stage(const Stage& stage, const Scalar& scalar) {
  if (is_carried(stage, scalar)) return 0;
  if (scalar.type() == Scalar::Type::string) return scalar.text().size();
  return scalar.type() == Scalar::Type::bytes ? scalar.bytes().size() : 0;
}

CefRefPtr<CefV8Value> lend(std::span<const std::byte> bytes) {
  return make_buffer(nullptr, const_cast<std::byte*>(bytes.data()), bytes.size());
}

CefRefPtr<CefV8Value> adopt(std::vector<std::byte> bytes) {
  auto owned = std::make_shared<std::vector<std::byte>>(std::move(bytes));
  return make_buffer(owned, owned->data(), owned->size());
}

Scalar read_carried(World& world, double index, const CefV8ValueList& carried) {
  std::size_t at = Stage::count(index);
  if (at >= carried.size() || !carried[at]) return {};
  if (carried[at]->IsFunction()) return Scalar(std::make_unique<Kept>(world.shared_from_this(), carried[at]));
  return carried[at]->IsString() ? Scalar(to_utf8(carried[at]->GetStringValue())) : Scalar();
}

Scalar read_text(std::span<const std::byte> bytes, Bytes how) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return how == Bytes::view ? Scalar(text) : Scalar(std::string(text));
}

Scalar read_bytes(std::span<const std::byte> bytes, Bytes how) {
  return how == Bytes::view ? Scalar(bytes) : Scalar(std::vector(bytes.begin(), bytes.end()));
}

}  // namespace

CefString to_cef(std::string_view utf8) {
  const std::u16string text = script::to_utf16(utf8);
  CefString string;
  string.FromString(reinterpret_cast<const CefString::char_type*>(text.data()), text.size(), true);
  return string;
}

std::string to_utf8(const CefString& text) {
  return script::to_utf8({reinterpret_cast<const char16_t*>(text.c_str()), text.length()});
}

bool is_carried(const Stage& stage, const Scalar& scalar) {
  switch (scalar.type()) {
    case Scalar::Type::function:
      return true;
    case Scalar::Type::string:
      return scalar.text().size() > staged_text;
    case Scalar::Type::bytes:
      return stage.takes_memory() && scalar.bytes().size() > staged_bytes;
    default:
      return false;
  }
}

CefRefPtr<CefV8Value> to_carried(Scalar&& scalar) {
  switch (scalar.type()) {
    case Scalar::Type::string:
      return CefV8Value::CreateString(to_cef(scalar.text()));
    case Scalar::Type::bytes:
      return scalar.lent() ? lend(scalar.bytes()) : adopt(scalar.take_bytes());
    case Scalar::Type::function:
      break;
    default:
      return CefV8Value::CreateUndefined();
  }
  auto value = scalar.function() ? static_cast<Kept*>(scalar.function())->value() : nullptr;
  return value ? value : CefV8Value::CreateUndefined();
}

std::size_t Writer::extent(const Stage& stage, std::span<const Scalar> scalars, std::size_t start) {
  std::size_t size = 16 * scalars.size();
  for (const Scalar& scalar : scalars) size += size_on_stage(stage, scalar);
  return start + size;
}

bool Writer::makes_buffers(const Stage& stage, std::span<const Scalar> scalars) {
  for (const Scalar& scalar : scalars)
    if (scalar.type() == Scalar::Type::bytes && is_carried(stage, scalar)) return true;
  return false;
}

void Writer::item(Type type, double value) {
  const double pair[] = {static_cast<double>(type), value};
  if (auto place = stage_.at(index_, sizeof pair); !place.empty()) std::memcpy(place.data(), pair, sizeof pair);
  index_ += sizeof pair;
}

void Writer::write(Type type, std::span<const std::byte> bytes) {
  if (auto place = stage_.at(at_, bytes.size()); !place.empty()) std::memcpy(place.data(), bytes.data(), bytes.size());
  item(type, static_cast<double>(bytes.size()));
  at_ += bytes.size();
}

void Writer::carry(CefRefPtr<CefV8Value> value) {
  item(Type::carried, static_cast<double>(carried_.size()));
  carried_.push_back(std::move(value));
}

void Writer::add(Scalar&& scalar) {
  const bool lent = scalar.lent();
  if (is_carried(stage_, scalar)) {
    carry(to_carried(std::move(scalar)));
    if (lent) lent_.push_back(carried_.back());
    return;
  }
  switch (scalar.type()) {
    case Scalar::Type::boolean:
      return item(Type::boolean, bool(scalar) ? 1 : 0);
    case Scalar::Type::number:
      return item(Type::number, scalar.number());
    case Scalar::Type::string:
      return write(Type::text, std::as_bytes(std::span(scalar.text())));
    case Scalar::Type::bytes:
      return write(lent ? Type::lent : Type::bytes, scalar.bytes());
    default:
      return item(Type::none, 0);
  }
}

Scalar read_item(World& world, Stage& stage, Type type, double value, std::size_t from, const CefV8ValueList& carried,
                 Bytes bytes) {
  switch (type) {
    case Type::boolean:
      return Scalar(value == 1);
    case Type::number:
      return Scalar(value);
    case Type::text:
      return read_text(stage.at(from, Stage::count(value)), bytes);
    case Type::bytes:
      return read_bytes(stage.at(from, Stage::count(value)), bytes);
    case Type::carried:
      return read_carried(world, value, carried);
    default:
      return {};
  }
}

std::vector<Scalar> read_record(World& world, Stage& stage, std::size_t start, std::size_t count,
                                const CefV8ValueList& carried, Bytes bytes, std::size_t& end) {
  std::vector<Scalar> list;
  end = start;
  if (count > stage.stretch().size / 16 || stage.at(start, 16 * count).size() != 16 * count) return list;
  list.reserve(count);
  end += 16 * count;
  for (std::size_t index = start; index < start + 16 * count; index += 16) {
    const auto type = static_cast<Type>(Stage::count(stage.number_at(index)));
    const double value = stage.number_at(index + 8);
    list.push_back(read_item(world, stage, type, value, end, carried, bytes));
    if (type == Type::text || type == Type::bytes) end += Stage::count(value);
  }
  return list;
}

}  // namespace mullion::cef::v8
