#include "headless/url/url.hpp"

#include <doctest/doctest.h>

#include <span>

namespace mullion::headless {
namespace {

struct Parse {
  const char* input;
  const char* base;
  const char* href;  // "" where it does not parse
};

std::string href_of(const Parse& each) {
  auto base = *each.base ? Url::parse(each.base) : std::nullopt;
  auto url = Url::parse(each.input, base ? &*base : nullptr);
  return url ? url->href() : "";
}

void check(std::span<const Parse> cases) {
  for (const auto& each : cases) {
    INFO(each.input, " against ", each.base);
    CHECK(href_of(each) == each.href);
  }
}

struct Change {
  const char* url;
  UrlPart part;
  const char* value;
  const char* href;
};

}  // namespace

TEST_CASE("url: special schemes have a host, slashes either way, and no default port") {
  constexpr Parse cases[] = {{"http://example.com", "", "http://example.com/"},
                             {"HTTP:\\\\Example.COM\\a\\b", "", "http://example.com/a/b"},
                             {"http:example.com/x", "", "http://example.com/x"},
                             {"https://h:443/", "", "https://h/"},
                             {"http://h:443/", "", "http://h:443/"},
                             {"ws://h:00080/", "", "ws://h/"},
                             {"ftp://h:21/x", "", "ftp://h/x"},
                             {"  http://h/\t\nx\r ", "", "http://h/x"},
                             {"http://h:65536/", "", ""},
                             {"http://h:8a/", "", ""},
                             {"http://", "", ""},
                             {"http://:80/", "", ""},
                             {"//host/x", "", ""}};
  check(cases);
}

TEST_CASE("url: a relative reference is resolved against its base") {
  constexpr Parse cases[] = {{"x", "http://h/a/b?q#f", "http://h/a/x"},
                             {"../x", "http://h/a/b/c", "http://h/a/x"},
                             {"../../../x", "http://h/a/b", "http://h/x"},
                             {"./", "http://h/a/b", "http://h/a/"},
                             {"/x", "http://h/a/b", "http://h/x"},
                             {"//g/x", "http://h/a", "http://g/x"},
                             {"?q", "http://h/a/b?c#d", "http://h/a/b?q"},
                             {"#f", "http://h/a/b?c#d", "http://h/a/b?c#f"},
                             {"", "http://h/a/b?c#d", "http://h/a/b?c"},
                             {"http:x", "http://h/a/b", "http://h/a/x"},
                             {"lib/a.js", "file:///srv/app/index.html", "file:///srv/app/lib/a.js"},
                             {"%2e%2E/x", "http://h/a/b/c", "http://h/a/x"},
                             {"x", "mailto:a", ""},
                             {"#f", "mailto:a", "mailto:a#f"},
                             {"..", "web:/a/b/", "web:/a/"}};
  check(cases);
}

TEST_CASE("url: credentials, query and fragment are encoded each by its own set") {
  constexpr Parse cases[] = {{"http://us@er:pa:ss@h/", "", "http://us%40er:pa%3Ass@h/"},
                             {"http://u:@h/", "", "http://u@h/"},
                             {"http://@h/", "", "http://h/"},
                             {"http://h/a b`{}\"<>^", "", "http://h/a%20b%60%7B%7D%22%3C%3E%5E"},
                             {"http://h/?a'b \"<>#", "", "http://h/?a%27b%20%22%3C%3E#"},
                             {"web://h/?a'b", "", "web://h/?a'b"},
                             {"http://h/#a`b <>", "", "http://h/#a%60b%20%3C%3E"},
                             {"http://h/\xC3\xA4?\xC3\xB6", "", "http://h/%C3%A4?%C3%B6"},
                             {"http://h/%zz%41", "", "http://h/%zz%41"}};
  check(cases);
}

TEST_CASE("url: file URLs know drive letters and localhost") {
  constexpr Parse cases[] = {{"file:///a/../b", "", "file:///b"},
                             {"file://localhost/etc", "", "file:///etc"},
                             {"file://host/etc", "", "file://host/etc"},
                             {"file:c|/x", "", "file:///c:/x"},
                             {"/C:/..", "file:///x", "file:///C:/"},
                             {"x", "file:///C:/a", "file:///C:/x"},
                             {"/x", "file:///C:/a", "file:///C:/x"},
                             {"file:", "", "file:///"},
                             {"file://h:80/", "", ""}};
  check(cases);
}

TEST_CASE("url: opaque paths and schemes nobody knows") {
  constexpr Parse cases[] = {{"mailto:a@b c", "", "mailto:a@b c"},
                             {"data:text/html,<p> x#f", "", "data:text/html,<p> x#f"},
                             {"javascript:alert('x')", "", "javascript:alert('x')"},
                             {"web+demo:/.//not-a-host/", "", "web+demo:/.//not-a-host/"},
                             {"web+demo:/..//x", "", "web+demo:/.//x"},
                             {"git://h:/x", "", "git://h/x"},
                             {"git://h/../x", "", "git://h/x"},
                             {"1web:x", "", ""}};
  check(cases);
}

TEST_CASE("url: app: is special and has an origin") {
  auto url = Url::parse("app://Bundle/a/../index.html?q#f");
  REQUIRE(url);
  CHECK(url->href() == "app://bundle/index.html?q#f");
  CHECK(url->origin() == "app://bundle");
  CHECK(Url::parse("lib.js", &*url)->href() == "app://bundle/lib.js");
}

TEST_CASE("url: origins") {
  CHECK(Url::parse("https://u@h:8443/x")->origin() == "https://h:8443");
  CHECK(Url::parse("file:///x")->origin() == "file://");
  CHECK(Url::parse("data:,x")->origin() == "null");
  CHECK(Url::parse("blob:https://h/id")->origin() == "https://h");
  CHECK(Url::parse("blob:file:///x")->origin() == "null");
}

TEST_CASE("url: hosts are names in any script, addresses in any form, or wrong") {
  constexpr Parse cases[] = {
      {"http://EXAMPLE.com", "", "http://example.com/"},
      {"http://m\xC3\xBCnchen.de", "", "http://xn--mnchen-3ya.de/"},
      {"http://fa\xC3\x9F.de", "", "http://xn--fa-hia.de/"},
      {"http://\xE6\x97\xA5\xE6\x9C\xAC\xE3\x80\x82\xEF\xBC\xAA\xEF\xBC\xB0", "", "http://xn--wgv71a.jp/"},
      {"http://ex%41mple.com", "", "http://example.com/"},
      {"http://a_b", "", "http://a_b/"},
      {"http://\xC2\xAD/", "", ""},
      {"http://a%00b/", "", ""},
      {"http://a b/", "", ""},
      {"http://a<b/", "", ""},
      {"http://xn--/", "", ""},
      {"http://0x7f.1/", "", "http://127.0.0.1/"},
      {"http://017700000001/", "", "http://127.0.0.1/"},
      {"http://4294967295/", "", "http://255.255.255.255/"},
      {"http://4294967296/", "", ""},
      {"http://1.2.3.4.5/", "", ""},
      {"http://256.1.1.1/", "", ""},
      {"http://09/", "", ""},
      {"http://1.2.3.4./", "", "http://1.2.3.4/"},
      {"http://[::1]:80/", "", "http://[::1]/"},
      {"http://[1:0:0:2:0:0:0:3]/", "", "http://[1:0:0:2::3]/"},
      {"http://[0:1:0:0:2:0:0:3]/", "", "http://[0:1::2:0:0:3]/"},
      {"http://[::ffff:1.2.3.4]/", "", "http://[::ffff:102:304]/"},
      {"http://[1:2:3:4:5:6:7:8]/", "", "http://[1:2:3:4:5:6:7:8]/"},
      {"http://[::1.2.3]/", "", ""},
      {"http://[1::2::3]/", "", ""},
      {"http://[::1/", "", ""},
      {"web://a%zz b/", "", ""},
      {"web://A%zz/", "", "web://A%zz/"}};
  check(cases);
}

TEST_CASE("url: parts are what the attributes of a URL object show") {
  auto url = *Url::parse("https://u:p@h:8080/a/b?q=1#f");
  CHECK(pack(url) == "https://u:p@h:8080/a/b?q=1#f\nhttps:\nu\np\nh:8080\nh\n8080\n/a/b\n?q=1\n#f\nhttps://h:8080");
  CHECK(url.without_fragment() == "https://u:p@h:8080/a/b?q=1");
}

TEST_CASE("url: setting a part changes that part or nothing") {
  using enum UrlPart;
  constexpr Change cases[] = {{"http://h/x", protocol, "https:", "https://h/x"},
                              {"http://h/x", protocol, "mailto", "http://h/x"},
                              {"http://h:443/x", protocol, "https", "https://h/x"},
                              {"http://h/x", username, "a:b", "http://a%3Ab@h/x"},
                              {"file:///x", username, "a", "file:///x"},
                              {"http://h/x", host, "g:8080/y", "http://g:8080/x"},
                              {"http://h:1/x", hostname, "g:8080", "http://h:1/x"},
                              {"http://h:1/x", hostname, "g", "http://g:1/x"},
                              {"http://h/x", host, "a b", "http://h/x"},
                              {"mailto:a", host, "h", "mailto:a"},
                              {"http://h/x", port, "8080abc", "http://h:8080/x"},
                              {"http://h:1/x", port, "", "http://h/x"},
                              {"http://h:1/x", port, "65536", "http://h:1/x"},
                              {"http://h/x", pathname, "a/../b?c#d", "http://h/b%3Fc%23d"},
                              {"mailto:a", pathname, "b", "mailto:a"},
                              {"http://h/x?q", search, "", "http://h/x"},
                              {"http://h/x", search, "?a b#c", "http://h/x?a%20b%23c"},
                              {"http://h/x#f", hash, "", "http://h/x"},
                              {"http://h/x", hash, "a b", "http://h/x#a%20b"},
                              {"http://h/x", href, "http://g/", "http://g/"}};
  for (const auto& each : cases) {
    INFO(each.url, " <- ", each.value);
    auto url = *Url::parse(each.url);
    CHECK(url.set(each.part, each.value));
    CHECK(url.href() == each.href);
  }
  auto url = *Url::parse("http://h/");
  CHECK_FALSE(url.set(href, "nothing"));
  CHECK(url.href() == "http://h/");
}

TEST_CASE("url: the URL of a path names that path, whatever is in it") {
  CHECK(Url::from_path("/srv/a b#c?d%e\\f.html").href() == "file:///srv/a%20b%23c%3Fd%25e%5Cf.html");
  CHECK(Url::from_path("/a/../b").href() == "file:///b");
}

}  // namespace mullion::headless
