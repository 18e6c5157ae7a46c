// The targets: each takes any bytes and returns, or it has found something. tests/fuzz/README.md says what each is.
#pragma once

#include <cstddef>
#include <span>

using FuzzBytes = std::span<const std::byte>;

void ring_fuzz(FuzzBytes input);
void pipe_fuzz(FuzzBytes input);
void link_fuzz(FuzzBytes input);
void words_fuzz(FuzzBytes input);
void broker_fuzz(FuzzBytes input);
void process_fuzz(FuzzBytes input);
void clone_fuzz(FuzzBytes input);
void table_fuzz(FuzzBytes input);
void core_fuzz(FuzzBytes input);
