#include "headless/load/html.hpp"

#include <doctest/doctest.h>

namespace mullion::headless {
namespace {

HtmlDocument parse(std::string_view text) { return parse_html(text, *Url::parse("file:///srv/app/index.html")); }

// "inline 3 'source'", "file:///srv/app/a.js", "module ...", one line each.
std::string scripts(std::string_view text) {
  std::string out;
  for (const auto& tag : parse(text).scripts) {
    out += std::string(tag.module ? "module " : "") + (tag.defer ? "defer " : "");
    if (tag.external)
      out += tag.url ? tag.url->href() : "none";
    else
      out += std::to_string(tag.line) + " " + tag.source;
    out += ";";
  }
  return out;
}

}  // namespace

TEST_CASE("html: scripts come in document order, inline and by src") {
  CHECK(scripts("<!doctype html><script>a</script><p><div><script src=b.js></script></div><script>c</script>") ==
        "1 a;file:///srv/app/b.js;1 c;");
}

TEST_CASE("html: an inline script knows the line on which its source begins") {
  CHECK(scripts("<!doctype html>\n<html>\n<script>\na\n</script>\r\n<p>\r\n<script\n type=''>b</script>") ==
        "3 \na\n;8 b;");
}

TEST_CASE("html: what no parser by pattern gets right") {
  CHECK(scripts("<!-- <script>no</script> --><script>'<script>'</script>") == "1 '<script>';");
  CHECK(scripts("<script>a = '<!--'; b</script>") == "1 a = '<!--'; b;");
  CHECK(scripts("<title><script>no</script></title><textarea><script>no</script></textarea>") == "");
  CHECK(scripts("<p title='<script>no</script>'><script>yes</script>") == "1 yes;");
  CHECK(scripts("<SCRIPT SRC='a&amp;b.js'></SCRIPT>") == "file:///srv/app/a&b.js;");
  CHECK(scripts("<script>unclosed") == "1 unclosed;");
}

TEST_CASE("html: templates, noscript, SVG and data blocks are no scripts") {
  CHECK(scripts("<template><script>no</script></template>") == "");
  CHECK(scripts("<noscript><script>no</script></noscript>") == "");
  CHECK(scripts("<body><noscript><p><script>no</script></noscript><script>yes</script>") == "1 yes;");
  CHECK(scripts("<svg><script>no</script></svg>") == "");
  CHECK(scripts("<script type=application/json>{}</script><script type=text/x-template>x</script>") == "");
  CHECK(scripts("<script type=importmap>{}</script>") == "");
  CHECK(scripts("<script></script>") == "");
}

TEST_CASE("html: types that mean JavaScript") {
  CHECK(scripts("<script type=''>a</script><script type=' Text/JavaScript '>b</script>"
                "<script language=javascript1.5>c</script><script type=module>d</script>") ==
        "1 a;1 b;1 c;module 1 d;");
}

TEST_CASE("html: defer counts for scripts with src that are not async") {
  CHECK(scripts("<script defer>a</script><script defer src=b></script><script defer async src=c></script>") ==
        "1 a;defer file:///srv/app/b;file:///srv/app/c;");
}

TEST_CASE("html: base counts for the scripts after it, and only the first one") {
  CHECK(
      scripts("<script src=a></script><base href=lib/><script src=b></script><base href=/x/><script src=c></script>") ==
      "file:///srv/app/a;file:///srv/app/lib/b;file:///srv/app/lib/c;");
  CHECK(parse("<base href='data:,x'>").base.href() == "file:///srv/app/index.html");
}

TEST_CASE("html: a src that names nothing is a script that fails") {
  CHECK(scripts("<script src=''></script><script src='http://['></script>") == "none;none;");
}

TEST_CASE("html: the title is the first one, with its spaces collapsed") {
  CHECK(parse("<title>  A &amp;\n  B </title><title>C</title>").title == "A & B");
  CHECK(parse("<svg><title>no</title></svg>").title == "");
  CHECK(parse("text").title == "");
}

TEST_CASE("html: attributes of a script are kept, in lower case") {
  auto document = parse("<script SRC=a.js Data-X='1 2' id=i></script>");
  REQUIRE(document.scripts.size() == 1);
  CHECK(document.scripts[0].attributes ==
        std::vector<std::pair<std::string, std::string>>{{"src", "a.js"}, {"data-x", "1 2"}, {"id", "i"}});
}

TEST_CASE("html: a document that nests a hundred thousand deep is parsed") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<x>";
  CHECK(scripts(deep + "<script>x</script>") == "1 x;");
}

}  // namespace mullion::headless
