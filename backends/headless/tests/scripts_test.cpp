// The scripts of a document: order, sources, errors and their places.
#include "browser.hpp"

namespace mullion::headless {
namespace {

std::string load(Browser& browser, std::string_view html) {
  browser.load(browser.folder.write("index.html", html));
  return browser.console();
}

std::string load(std::string_view html) {
  Browser browser;
  return load(browser, html);
}

}  // namespace

TEST_CASE("scripts: run in document order, deferred ones after parsing, all before DOMContentLoaded") {
  Browser browser;
  for (const char* name : {"a", "b", "c", "d"})
    browser.folder.write(std::string(name) + ".js", std::string("console.log('") + name + "', document.readyState)");
  CHECK(load(browser, R"(<!doctype html>
    <script defer src=d.js></script>
    <script>addEventListener('DOMContentLoaded', () => console.log('content'))</script>
    <script src=a.js></script>
    <script defer>console.log('inline')</script>
    <script async src=b.js></script>
    <script defer src=c.js></script>
    <script>console.log('last')</script>)") ==
        "a loading\ninline\nb loading\nlast\nd interactive\nc interactive\ncontent\n");
}

TEST_CASE("scripts: declarations of one are seen by the next, and an error ends only its own") {
  CHECK(load("<script>let a = 1; var b = 2; function c() { return 3 }</script><script>null.x</script>"
             "<script>console.log(a, b, c(), window.b)</script>")
            .ends_with("1 2 3 2\n"));
}

TEST_CASE("scripts: microtasks run between two scripts, and so do tasks") {
  CHECK(load("<script>Promise.resolve().then(() => console.log('micro')); console.log('a')</script>"
             "<script>console.log('b')</script>") == "a\nmicro\nb\n");
}

TEST_CASE("scripts: an error names the file and the line, of inline scripts that of the document") {
  CHECK(load("<!doctype html>\n<title>x</title>\n<script>\n\n  null.x\n</script>\n") ==
        "error: Uncaught TypeError: null is not an object (evaluating 'null.x') @ file://~/index.html:5\n");
  CHECK(load("<!doctype html>\n<p>\n<script>\nlet a = ;\n</script>") ==
        "error: Uncaught SyntaxError: Unexpected token ';' @ file://~/index.html:4\n");
  CHECK(load("<!doctype html>\r\n<script>\r\nthrow 1</script>") == "error: Uncaught 1\n");
  Browser browser;
  browser.folder.write("lib/a.js", "\n\nfunction f() {\n  throw new RangeError('deep')\n}\n");
  CHECK(load(browser, "<script src=lib/a.js></script>\n<script>\nf()</script>") ==
        "error: Uncaught RangeError: deep @ file://~/lib/a.js:4\n");
  browser.folder.write("lib/b.js", "\n\n  )");
  CHECK(load(browser, "<script src=lib/b.js></script>") ==
        "error: Uncaught SyntaxError: Unexpected token ')' @ file://~/lib/b.js:3\n");
}

TEST_CASE("scripts: what cannot be loaded is an error of the page, and the rest runs") {
  Browser browser;
  browser.folder.write("secret.js", "console.log('read')");
  browser.load(browser.folder.write("app/index.html",
                                    "<script src=none.js></script>\n<script src=../secret.js></script>\n"
                                    "<script src=https://example.com/a.js></script>\n"
                                    "<script src=app://x/a.js></script><script src=''></script>"
                                    "<script>console.log('on')</script>"));
  CHECK(browser.console() ==
        "error: Failed to load the script file://~/app/none.js: ERR_FILE_NOT_FOUND @ file://~/app/index.html:1\n"
        "error: Failed to load the script file://~/secret.js: ERR_ACCESS_DENIED @ file://~/app/index.html:2\n"
        "error: Failed to load the script https://example.com/a.js: ERR_DISALLOWED_URL_SCHEME @ "
        "file://~/app/index.html:3\n"
        "error: Failed to load the script app://x/a.js: ERR_ACCESS_DENIED @ file://~/app/index.html:4\n"
        "error: Failed to load the script : ERR_INVALID_URL @ file://~/app/index.html:4\non\n");
  CHECK(browser.saw("finished"));
}

TEST_CASE("scripts: module scripts are refused by name, and what stands in for them runs") {
  CHECK(load("<script type=module>console.log('no')</script><script nomodule>console.log('yes')</script>") ==
        "error: Module scripts cannot be loaded: JavaScriptCore's public API has no way to. @ file://~/index.html:1\n"
        "yes\n");
}

TEST_CASE("scripts: currentScript is the script that runs, and null otherwise") {
  Browser browser;
  browser.folder.write(
      "a.js",
      "console.log(document.currentScript.src.endsWith('/a.js'), document.currentScript.getAttribute('data-X'))");
  CHECK(load(browser, R"(<script src=a.js data-x="1 2" defer></script>
    <script id=i type=text/javascript>
      const {currentScript} = document
      console.log(currentScript.id, currentScript.src === '', currentScript.type, currentScript.async, currentScript.text.length > 9)
      console.log(`${currentScript}`, currentScript.hasAttribute('ID'), currentScript.getAttribute('none'))
      setTimeout(() => console.log(document.currentScript))
    </script>)") == "i true text/javascript false true\n[object CurrentScript] true null\nnull\ntrue 1 2\n");
}

TEST_CASE("scripts: base moves the scripts after it, and what they fetch") {
  Browser browser;
  browser.folder.write(
      "lib/a.js",
      "console.log(document.baseURI.endsWith('/lib/'), new URL('x', document.baseURI).pathname.endsWith('/lib/x'))");
  browser.folder.write("lib/x.txt", "fetched");
  CHECK(load(browser,
             "<base href=lib/><script src=a.js></script><script>"
             "fetch('x.txt').then(r => r.text()).then(t => { console.log(t); console.log('end') })</script>")
            .starts_with("true true\n"));
  CHECK(browser.wait_for("log: fetched"));
}

TEST_CASE("scripts: the document's encoding is that of scripts that name none") {
  Browser browser;
  browser.folder.write("a.js", "console.log('\xE4', document.characterSet)");
  browser.folder.write("b.js",
                       "\xEF\xBB\xBF"
                       "console.log('\xC3\xA4')");
  CHECK(load(browser,
             "<meta charset=latin1><script src=a.js></script><script "
             "src=b.js></script><script>console.log('\xE4')</script>") ==
        "\xC3\xA4 windows-1252\n\xC3\xA4\n\xC3\xA4\n");
}

TEST_CASE("scripts: a document that is no HTML has none") {
  Browser browser;
  browser.load(browser.folder.write("a.txt", "<script>console.log('no')</script>"));
  CHECK(browser.console() == "");
  CHECK(browser.saw("finished"));
}

}  // namespace mullion::headless
