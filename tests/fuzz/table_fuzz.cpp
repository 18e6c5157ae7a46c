// Any bytes: they must be refused, or be a table that unpacks, becomes a value, and becomes an equal table again. The
// ipc tests run it over a sample of their own too.
#include "mullion/ipc/table.hpp"
#include "table_test_generated.h"

namespace {

template <class T>
void read_all(mullion::Bytes input) {
  const auto& codec = mullion::codec<T>();
  auto read = codec.to_value(input);
  if (!read) return;
  auto value = mullion::decode(mullion::encode(*read));  // as script would see it: text made UTF-8
  if (!value) __builtin_trap();
  auto bytes = codec.from_value(*value);
  if (!bytes) return;  // unions of later versions, members of damaged structs
  auto again = codec.to_value(*bytes);
  if (!again || !(*again == *value)) __builtin_trap();
}

}  // namespace

void table_fuzz(mullion::Bytes input) {
  read_all<shop::Tree>(input);
  read_all<shop::Vectors>(input);
  read_all<shop::Numbers>(input);
  read_all<shop::Holder>(input);
  read_all<shop::Things>(input);
  (void)mullion::value_from_table(shop::Strict::MiniReflectTypeTable(), input);
}
