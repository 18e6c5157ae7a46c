#include "headless/load/charset.hpp"

#include <doctest/doctest.h>

#include "headless/load/base64.hpp"

namespace mullion::headless {
namespace {

Bytes bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string utf8(std::string_view text) { return decode(bytes(text), Charset::utf8, false).value_or("?"); }
std::string document(std::string_view text, std::string_view mime = "") {
  return decode_document(bytes(text), mime).text;
}

}  // namespace

TEST_CASE("charset: labels are those of the Encoding Standard") {
  CHECK(charset_of("UTF8") == Charset::utf8);
  CHECK(charset_of(" latin1 ") == Charset::windows1252);
  CHECK(charset_of("us-ascii") == Charset::windows1252);
  CHECK(charset_of("utf-16") == Charset::utf16le);
  CHECK_FALSE(charset_of("utf-7"));
  CHECK_FALSE(charset_of("utf-8 utf8"));
  CHECK_FALSE(charset_of(""));
  CHECK(charset_in_mime("text/html; Charset=\"ISO-8859-1\"") == Charset::windows1252);
  CHECK_FALSE(charset_in_mime("text/html"));
}

TEST_CASE("charset: each wrong part of UTF-8 becomes one replacement") {
  CHECK(utf8("a\xC3\xA4") == "a\xC3\xA4");
  CHECK(utf8("a\xFF"
             "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(utf8("\xE2\x82") == "\xEF\xBF\xBD");
  CHECK(utf8("\xE2\x82x") == "\xEF\xBF\xBDx");
  CHECK(utf8("\xC0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(utf8("\xF4\x90\x80\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(utf8("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
  CHECK_FALSE(decode(bytes("a\xFF"), Charset::utf8, true));
}

TEST_CASE("charset: UTF-16 and windows-1252") {
  CHECK(decode(bytes(std::string_view("a\0\xE4\0\x3D\xD8\x00\xDE", 8)), Charset::utf16le, true) ==
        "a\xC3\xA4\xF0\x9F\x98\x80");
  CHECK(decode(bytes(std::string_view("\0a", 2)), Charset::utf16be, true) == "a");
  CHECK(decode(bytes(std::string_view("\x00\xD8x\0z", 5)), Charset::utf16le, false) == "\xEF\xBF\xBDx\xEF\xBF\xBD");
  CHECK(decode(bytes("\x80\xE4\x9F"), Charset::windows1252, true) == "\xE2\x82\xAC\xC3\xA4\xC5\xB8");
}

TEST_CASE("charset: a document's is found in the mark, the type, the meta element, or the bytes") {
  CHECK(document("\xEF\xBB\xBFx") == "x");
  CHECK(document(std::string_view("\xFF\xFEx\0", 4), "text/html; charset=utf-8") == "x");
  CHECK(document("\xE4", "text/html; charset=latin1") == "\xC3\xA4");
  CHECK(document("<meta charset=iso-8859-1>\xE4") == "<meta charset=iso-8859-1>\xC3\xA4");
  CHECK(document("<META http-equiv=x content='text/html; charset=\"latin1\"'>\xC3\xA4").ends_with("\xC3\x83\xC2\xA4"));
  CHECK(document("<!-- <meta charset=latin1> -->\xC3\xA4").ends_with("\xC3\xA4"));
  CHECK(document("<meta charset=utf-16>\xC3\xA4").ends_with("\xC3\xA4"));
  CHECK(document("\xC3\xA4") == "\xC3\xA4");
  CHECK(document("\xE4") == "\xC3\xA4");
}

TEST_CASE("charset: a script's is its mark, its type, or its document's") {
  CHECK(decode_script(bytes("\xE4"), "text/javascript", Charset::windows1252) == "\xC3\xA4");
  CHECK(decode_script(bytes("\xE4"), "text/javascript; charset=latin1", Charset::utf8) == "\xC3\xA4");
  CHECK(decode_script(bytes("\xEF\xBB\xBFx"), "", Charset::windows1252) == "x");
}

TEST_CASE("base64: forgiving to read, padded to write") {
  auto decoded = [](std::string_view text) {
    auto out = decode_base64(text);
    return out ? std::string(reinterpret_cast<const char*>(out->data()), out->size()) : "?";
  };
  CHECK(decoded("aGk=") == "hi");
  CHECK(decoded(" a G\nk") == "hi");
  CHECK(decoded("") == "");
  CHECK(decoded("a") == "?");
  CHECK(decoded("aGk==") == "?");
  CHECK(decoded("aG.=") == "?");
  CHECK(encode_base64(bytes("h")) == "aA==");
  CHECK(encode_base64(bytes("hi!")) == "aGkh");
  CHECK(latin1_bytes("\xC3\xA4\xC2\x80")->size() == 2);
  CHECK_FALSE(latin1_bytes("\xE2\x82\xAC"));
}

}  // namespace mullion::headless
