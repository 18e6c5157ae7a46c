// The explorer's typed channels.
#pragma once

#include <mullion/ipc/table.hpp>

#include "explorer_generated.h"

inline constexpr mullion::Channel<OpenTexts, Opened> open_texts{"open-texts"};
inline constexpr mullion::Channel<Ping, Pong> ping{"ping"};
inline constexpr mullion::Channel<Indexing> indexing{"indexing"};
inline constexpr mullion::Channel<Times> times{"times"};
inline constexpr mullion::Channel<AskProcesses, Processes> processes{"processes"};
inline constexpr mullion::Channel<Found> found{"found"};
inline constexpr mullion::Channel<Searched> searched{"searched"};
inline constexpr mullion::Channel<PortClosed> port_closed{"port-closed"};
inline constexpr mullion::Channel<Failed> failed{"failed"};
inline constexpr mullion::Channel<Finished> finished{"finished"};
