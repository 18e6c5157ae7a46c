#include "headless/page/natives.hpp"

#include <sys/random.h>

#include <cerrno>
#include <utility>

#include "headless/load/base64.hpp"
#include "headless/load/charset.hpp"
#include "headless/url/percent.hpp"
#include "headless/url/url.hpp"

namespace mullion::headless {
namespace {

using script::Scalar;
using Arguments = std::span<Scalar>;

bool is_text(Arguments arguments, std::size_t index) {
  return index < arguments.size() && arguments[index].type() == Scalar::Type::string;
}

std::string_view text(Arguments arguments, std::size_t index) {
  return index < arguments.size() ? arguments[index].text() : std::string_view();
}

std::vector<std::byte> as_bytes(std::string_view text) {
  auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

Result<Scalar> parse_url(Arguments arguments) {
  std::optional<Url> base;
  if (is_text(arguments, 1)) {
    base = Url::parse(text(arguments, 1));
    if (!base) return Scalar();
  }
  auto url = Url::parse(text(arguments, 0), base ? &*base : nullptr);
  return url ? Scalar(pack(*url)) : Scalar();
}

Result<Scalar> set_url(Arguments arguments) {
  auto url = Url::parse(text(arguments, 0));
  if (!url || arguments.size() < 3) return Scalar();
  int part = to_int(arguments[1], 0, static_cast<int>(UrlPart::hash), -1);
  if (part < 0) return Scalar();
  return url->set(static_cast<UrlPart>(part), text(arguments, 2)) ? Scalar(pack(*url)) : Scalar();
}

Result<Scalar> decode_text(Arguments arguments) {
  auto charset = charset_of(text(arguments, 0));
  if (!charset || arguments.size() < 3) return Scalar();
  auto decoded = decode(arguments[1].bytes(), *charset, static_cast<bool>(arguments[2]));
  return decoded ? Scalar(std::move(*decoded)) : Scalar();
}

Result<Scalar> charset_name(Arguments arguments) {
  auto charset = charset_of(text(arguments, 0));
  return charset ? Scalar(std::string(name_of(*charset))) : Scalar();
}

// Text that stands for bytes has a character for each: U+0000 to U+00FF.
Result<Scalar> atob(Arguments arguments) {
  auto bytes = decode_base64(text(arguments, 0));
  if (!bytes) return Scalar();
  std::string out;
  for (auto byte : *bytes) append_latin1(out, byte);
  return Scalar(std::move(out));
}

Result<Scalar> btoa(Arguments arguments) {
  auto bytes = latin1_bytes(text(arguments, 0));
  return bytes ? Scalar(encode_base64(*bytes)) : Scalar();
}

Result<Scalar> random(Arguments arguments) {
  auto wanted = arguments.empty() ? 0 : arguments[0].number();
  std::vector<std::byte> bytes(wanted > 0 && wanted <= 65536 ? static_cast<std::size_t>(wanted) : 0);
  for (std::size_t have = 0; have < bytes.size();) {
    auto got = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got < 0 && errno != EINTR) return std::unexpected(errno_error("getrandom"));
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  return Scalar(std::move(bytes));
}

Result<Scalar> percent_decoded(Arguments arguments) {
  std::string bytes = percent_decode(text(arguments, 0));
  return Scalar(*decode(std::as_bytes(std::span(bytes)), Charset::utf8, false));
}

Result<Scalar> encode(Arguments arguments) { return Scalar(as_bytes(text(arguments, 0))); }

}  // namespace

void add_pure_natives(NativeList& list) {
  list.add("parseUrl", parse_url);
  list.add("setUrl", set_url);
  list.add("percentDecode", percent_decoded);
  list.add("encode", encode);
  list.add("decode", decode_text);
  list.add("charset", charset_name);
  list.add("atob", atob);
  list.add("btoa", btoa);
  list.add("random", random);
}

}  // namespace mullion::headless
