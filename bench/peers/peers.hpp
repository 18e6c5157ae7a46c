// The same exchanges by a bare CEF program, which stands beside this one: cef_program.cpp.
#pragma once

#include "suite/row.hpp"

namespace mullion::bench::peers {

Result<> drive_query(Session& session);
Result<> drive_query_rate(Session& session);
Result<> drive_query_large(Session& session);
Result<> drive_bare_open(Session& session);
Result<> drive_bare_first(Session& session);

}  // namespace mullion::bench::peers
