// Pictures that a backend took of a page. Private.
#pragma once

#include "mullion/main.hpp"

namespace mullion::main::detail {

// `failed` when it is no PNG.
Result<Picture> read_picture(std::vector<std::byte> png);

}  // namespace mullion::main::detail
