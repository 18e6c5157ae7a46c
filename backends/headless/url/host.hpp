// Hosts, as the WHATWG URL Standard reads and writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mullion::headless {

// The serialised host that `text` names, or nothing when it names none. `opaque` for the hosts of schemes that are not
// special: those are only percent-encoded. Others may be a name in any script (written as ASCII by UTS 46), an IPv4
// address in any of its forms, or an IPv6 address in brackets.
std::optional<std::string> parse_host(std::string_view text, bool opaque);

// The parts of parse_host, for its tests.
std::optional<std::string> parse_ipv4(std::string_view text);
std::optional<std::string> parse_ipv6(std::string_view text);
bool ends_in_a_number(std::string_view host);

// UTS 46 ToASCII without transitional processing, as browsers do it. `domain` is UTF-8.
std::optional<std::string> domain_to_ascii(std::string_view domain);

}  // namespace mullion::headless
