#include "ipc/table_schema.hpp"

namespace mullion::detail {
namespace {

// flatc appends an underscore to each of these.
constexpr std::string_view keywords[] = {
    "alignas",     "alignof",      "and",          "and_eq",       "asm",          "atomic_cancel", "atomic_commit",
    "auto",        "atomic_noexcept", "bitand",    "bitor",        "bool",         "break",         "case",
    "catch",       "char",         "char16_t",     "char32_t",     "class",        "compl",         "concept",
    "const",       "constexpr",    "const_cast",   "continue",     "co_await",     "co_return",     "co_yield",
    "decltype",    "default",      "delete",       "do",           "double",       "dynamic_cast",  "else",
    "enum",        "explicit",     "export",       "extern",       "false",        "float",         "for",
    "friend",      "goto",         "if",           "import",       "inline",       "int",           "long",
    "module",      "mutable",      "namespace",    "new",          "noexcept",     "not",           "not_eq",
    "nullptr",     "operator",     "or",           "or_eq",        "private",      "protected",     "public",
    "register",    "requires",     "reinterpret_cast", "return",   "short",        "signed",        "sizeof",
    "static",      "static_assert", "static_cast", "struct",       "switch",       "synchronized",  "template",
    "this",        "thread_local", "throw",        "true",         "try",          "typedef",       "typeid",
    "typename",    "union",        "unsigned",     "using",        "virtual",      "void",          "volatile",
    "wchar_t",     "while",        "xor",          "xor_eq"};

}  // namespace

std::string_view name_in_schema(std::string_view generated) {
  if (!generated.ends_with('_')) return generated;
  std::string_view stem = generated.substr(0, generated.size() - 1);
  return std::ranges::find(keywords, stem) != std::end(keywords) ? stem : generated;
}

}  // namespace mullion::detail
