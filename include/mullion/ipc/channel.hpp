// Channel: a named, typed exchange, declared once for everyone who takes part.
//
//   inline constexpr mullion::Channel<OpenFile, Opened> open_file{"open-file"};      // request and reply
//   inline constexpr mullion::Channel<Progress> progress{"progress"};                // one-way
//
// The types are tables that flatc generated from a schema (--cpp --gen-object-api --reflect-names); who calls or
// handles includes ipc/table.hpp and the generated header. A declaration has no direction: whoever handles it answers.
// Script reaches the same channel by its name, checked at run time against the same schema.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mullion/ipc/value.hpp"

namespace mullion {

template <class RequestTable, class ReplyTable = void>
struct Channel {
  using Request = RequestTable;
  using Reply = ReplyTable;  // void: one-way
  std::string_view name;     // must outlive the program's use of it; a literal
};

// A schema's table without its C++ type: what a handler's owner keeps, so that bodies from C++ (tables) and from script
// (values) reach one typed handler. Made by codec<T>() in ipc/table.hpp; lives as long as the program.
struct TableCodec {
  std::string_view name;   // "OpenFile", as in the schema, with its namespace
  std::uint64_t hash = 0;  // schema_hash<T>(): compare it before anything else; never 0
  // A verified table from a value; `invalid`, code "schema", with the path to the culprit ("OpenFile.path: missing").
  Result<std::vector<std::byte>> (*from_value)(const Value& value) = nullptr;
  // The value of a table from anybody: it is copied and verified first. Every member of the schema is there.
  Result<Value> (*to_value)(Bytes table) = nullptr;
  // Whether these bytes are such a table. The caller owns them: what another process can still write must be copied.
  Result<> (*verify)(Bytes table) = nullptr;
};

// What a typed call does with a table, for headers that do not know FlatBuffers. ipc/table.hpp defines it.
template <class T>
struct TableOps;

// In ipc/table.hpp; named here so that headers which only pass them on need not pull it in.
template <class T>
class Table;
template <class T>
const TableCodec& codec();
template <class T, class Body>
std::vector<std::byte> encode_table(const Body& body);

// `invalid`, code "schema-mismatch": two builds of one program meet. Nothing where the hashes agree.
Result<> check_schema(const TableCodec& codec, std::string_view channel, std::uint64_t hash);

}  // namespace mullion
