// A table from a value, and when the generated code refuses it, which required member is missing. Mini-reflection does
// not tell what is required, so what is absent is filled with something empty until the generated code is content.
#include "ipc/table_build.hpp"
#include "mullion/ipc/table.hpp"

namespace mullion {
namespace detail {
namespace {

constexpr std::size_t most_tries = 64, most_bytes = 65536;  // what one wrong message may cost

class MissingMember {
 public:
  MissingMember(const TypeTable* type, std::string_view name, Complete complete, const Value& value)
      : type_(type), name_(name), complete_(complete), value_(value) {}

  Error error(const std::vector<Absent>& absent, std::size_t bytes) const {
    const Absent* missing = nullptr;
    if (absent.size() <= most_tries && bytes <= most_bytes) missing = find(absent);
    std::string message = missing != nullptr ? missing->path + ": missing" : any_of(absent);
    return {.kind = Kind::invalid, .code = "schema", .message = std::move(message)};
  }

 private:
  bool complete_with(const std::vector<Absent>& stubs) const {
    auto bytes = TableBuilder(stubs).build(type_, name_, value_);
    return !bytes.empty() && complete_(bytes);
  }
  // The first whose stub is needed, or the one table that is.
  const Absent* find(const std::vector<Absent>& absent) const {
    std::vector<Absent> plain;
    for (const Absent& each : absent) {
      if (!each.is_table) plain.push_back(each);
    }
    bool suffices = complete_with(plain);
    for (const Absent& each : absent) {
      if (each.is_table == suffices) continue;
      if (complete_with(suffices ? without(plain, each) : with(plain, each)) != suffices) return &each;
    }
    return nullptr;
  }
  static std::vector<Absent> without(std::vector<Absent> stubs, const Absent& one) {
    std::erase_if(stubs, [&](const Absent& each) { return each.type == one.type && each.index == one.index; });
    return stubs;
  }
  static std::vector<Absent> with(std::vector<Absent> stubs, const Absent& one) {
    stubs.push_back(one);
    return stubs;
  }
  std::string any_of(const std::vector<Absent>& absent) const {
    std::string message(name_);
    message += ": a required member is missing, one of";
    for (std::size_t i = 0; i < absent.size() && i < 8; ++i) message.append(i == 0 ? " " : ", ").append(absent[i].path);
    return absent.size() > 8 ? message + ", ..." : message;
  }

  const TypeTable* type_;
  std::string_view name_;
  Complete complete_;
  const Value& value_;
};

}  // namespace

Result<std::vector<std::byte>> build_table(const TypeTable* type, std::string_view name, Complete complete,
                                           const Value& value) {
  TableBuilder builder;
  auto bytes = builder.build(type, name, value);
  if (bytes.empty()) return std::unexpected(std::move(builder.error()));
  if (complete == nullptr || complete(bytes)) return bytes;
  return std::unexpected(MissingMember(type, name, complete, value).error(builder.absent(), bytes.size()));
}

}  // namespace detail

Result<std::vector<std::byte>> table_from_value(const flatbuffers::TypeTable* type, const Value& value) {
  return detail::build_table(type, "table", nullptr, value);
}

}  // namespace mullion
