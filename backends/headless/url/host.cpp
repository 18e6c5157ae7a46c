#include "headless/url/host.hpp"

#include <unicode/uidna.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

constexpr std::string_view forbidden_in_host{"\0\t\n\r #/:<>?@[\\]^|", 17};

bool forbidden_in_domain(char c) {
  auto value = static_cast<unsigned char>(c);
  return value <= 0x1f || value == '%' || value == 0x7f || forbidden_in_host.find(c) != std::string_view::npos;
}

// Name lengths and hyphens are the resolver's business; browsers let them pass.
constexpr std::uint32_t tolerated = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                                    UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                                    UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;
constexpr std::uint32_t idna_options =
    UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;

bool is_plain(std::string_view domain) {
  for (char c : domain)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  std::string lowered = lower(domain);
  return !lowered.starts_with("xn--") && lowered.find(".xn--") == std::string::npos;
}

std::optional<std::string> uts46(std::string_view domain) {
  UErrorCode code = U_ZERO_ERROR;
  std::unique_ptr<UIDNA, decltype(&uidna_close)> idna(uidna_openUTS46(idna_options, &code), &uidna_close);
  if (U_FAILURE(code) || domain.size() > 65536) return {};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  std::string out(domain.size() * 8 + 64, '\0');
  auto length = uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()), out.data(),
                                       static_cast<std::int32_t>(out.size()), &info, &code);
  if (U_FAILURE(code) || (info.errors & ~tolerated) != 0) return {};
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::optional<std::string> parse_opaque(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (forbidden_in_host.find(c) != std::string_view::npos) return {};
    percent_encode(out, c, EncodeSet::c0_control);
  }
  return out;
}

}  // namespace

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  auto ascii = is_plain(domain) ? std::optional(lower(domain)) : uts46(domain);
  if (!ascii || ascii->empty()) return {};
  for (char c : *ascii)
    if (forbidden_in_domain(c)) return {};
  return ascii;
}

std::optional<std::string> parse_host(std::string_view text, bool opaque) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return {};
    auto address = parse_ipv6(text.substr(1, text.size() - 2));
    return address ? std::optional("[" + *address + "]") : std::nullopt;
  }
  if (opaque) return parse_opaque(text);
  auto ascii = domain_to_ascii(percent_decode(text));
  return ascii && ends_in_a_number(*ascii) ? parse_ipv4(*ascii) : ascii;
}

}  // namespace mullion::headless
