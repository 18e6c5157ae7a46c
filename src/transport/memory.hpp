// Where segments come from: sealed memory files between processes, plain memory inside one.
#pragma once

#include <cstdint>
#include <utility>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"
#include "transport/segment.hpp"

namespace mullion::transport {

// Makes a segment, reserves its pages, maps it and seals it: from then on nobody can map it for writing, resize it or
// punch holes in it. The descriptor is for the peer.
Result<std::pair<OwnSegment, UniqueFd>> make_segment(std::uint32_t ring_bytes);

// Maps a peer's segment for reading, after checking its seals, its size and that its pages are there, in that order.
// `invalid`: it is not what make_segment() makes. `failed`: it could not be mapped.
Result<PeerSegment> open_segment(int fd, std::uint32_t ring_bytes);

// For a writer whose sandbox lets it make no segment, in three steps. Nobody can resize it from the first on, and
// after the last nobody can map it for writing or punch holes in it.
// - The reader makes it and reserves its pages. The descriptor is for both.
Result<UniqueFd> make_lent_segment(std::uint32_t ring_bytes);
// - The writer maps it. `invalid`: it is not what make_lent_segment() makes.
Result<OwnSegment> map_lent_segment(int fd, std::uint32_t ring_bytes);
// - The reader, told that it is mapped, seals it and opens it. `invalid`: the writer made something else of it.
Result<PeerSegment> open_lent_segment(int fd, std::uint32_t ring_bytes);

// A segment for both ends in one process.
std::pair<OwnSegment, PeerSegment> local_segment(std::uint32_t ring_bytes);

}  // namespace mullion::transport
