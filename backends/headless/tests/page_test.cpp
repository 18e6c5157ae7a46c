// A page's life: loads and what is reported of them, navigation, unloading, what is left behind.
#include <unistd.h>

#include <fstream>

#include "browser.hpp"

namespace mullion::headless {
namespace {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("page: a load is reported from its start to its end") {
  Browser browser;
  browser.load(
      browser.folder.write("index.html", "<title> A  title </title><script>console.log(document.title)</script>"));
  CHECK(browser.all() ==
        "started\nnavigated file://~/index.html\ntitle: A title\nlog: A title\ndom-ready\nfinished\nstopped\n");
}

TEST_CASE("page: what cannot be loaded fails with Chromium's error and leaves the document that is there") {
  Browser browser;
  browser.run("setInterval(() => console.log('alive'), 1)");
  browser.load(browser.folder.url("none.html"));
  CHECK(browser.saw("failed -6 ERR_FILE_NOT_FOUND file://~/none.html"));
  CHECK(browser.wait_for("log: alive"));
  browser.load("no url");
  CHECK(browser.saw("failed -300 ERR_INVALID_URL no url"));
  browser.load("https://example.com/");
  CHECK(browser.saw("failed -301 ERR_DISALLOWED_URL_SCHEME https://example.com/"));
  browser.load("what:ever");
  CHECK(browser.saw("failed -302 ERR_UNKNOWN_URL_SCHEME what:ever"));
  browser.load("file:///");
  CHECK(browser.saw("failed -10 ERR_ACCESS_DENIED file:///"));
  CHECK_FALSE(browser.saw("finished"));
}

TEST_CASE("page: about:blank, data: and app: documents") {
  Browser browser;
  browser.load("about:blank");
  CHECK(browser.saw("finished"));
  browser.load("data:text/html,<title>D</title><script>console.log(location.protocol, location.origin)</script>");
  CHECK(browser.console() == "data: null\n");
  CHECK(browser.saw("title: D"));
  browser.load("app://test/none.html");
  CHECK(browser.saw("failed -6 ERR_FILE_NOT_FOUND app://test/none.html"));
}

TEST_CASE("page: both worlds are there before the first script, each with a platform of its own") {
  Browser browser;
  std::string order;
  browser.on_context = [&](PageEvents::Which which, script::Context& context) -> Result<> {
    bool main = which == PageEvents::Which::main;
    order += main ? "main " : "isolated ";
    auto set = context.evaluate(main ? "var seen = location.href" : R"(
      var seen = 'isolated'
      addEventListener('load', () => console.log(seen, typeof page, document.title, document.readyState)))",
                                "preload.js");
    CHECK(set);
    return {};
  };
  browser.on_release = [&] { order += "released "; };
  browser.run("var page = 1; document.title = 'T'; console.log(seen === location.href)");
  CHECK(browser.console() == "true\nisolated undefined T complete\n");
  CHECK(order == "main isolated ");
  browser.load("about:blank");
  CHECK(order == "main isolated released main isolated ");
}

TEST_CASE("page: a preload that cannot be prepared ends the load") {
  Browser browser;
  int released = 0;
  browser.on_release = [&] { ++released; };
  browser.on_context = [](PageEvents::Which, script::Context&) -> Result<> {
    return std::unexpected(Error{.message = "no kernel"});
  };
  CHECK(browser.run("console.log('no')") == "error: no kernel @ file://~/test.html\n");
  CHECK(browser.saw("failed -2 ERR_FAILED file://~/test.html"));
  CHECK(released == 1);
}

TEST_CASE("page: a title that a script sets is reported when it changes") {
  Browser browser;
  browser.run("document.title = 'a'; document.title = 'a'; document.title = ' b '; console.log(document.title)");
  CHECK(browser.all().find("title: a\ntitle:  b \nlog:  b \n") != std::string::npos);
  CHECK(run("close()").empty());
}

TEST_CASE("page: window.close asks, and does nothing itself") {
  Browser browser;
  browser.run("close(); console.log('here')");
  CHECK(browser.saw("close"));
  CHECK(browser.saw("log: here"));
}

TEST_CASE("location: parts, and where the page goes") {
  Browser browser;
  browser.folder.write("next.html", "<script>console.log('next', location.search, location.hash)</script>");
  browser.run("console.log(location.protocol, location.host === '', location.pathname.endsWith('/test.html'), "
              "`${location}` === document.URL, origin)\nsetTimeout(() => { location.href = 'next.html?q#f' })");
  CHECK(browser.wait_for("log: file: true true true file://"));
  CHECK(browser.wait_for("log: next ?q #f"));
  CHECK(browser.wait_for("navigated file://~/next.html?q#f"));
}

TEST_CASE("location: a script that leaves while its page loads ends that load") {
  Browser browser;
  browser.folder.write("next.html", "<script>console.log('next')</script>");
  browser.run("location.replace('next.html')");
  CHECK(browser.wait_for("log: next"));
  CHECK(browser.saw("failed -3 ERR_ABORTED file://~/test.html"));
}

TEST_CASE("location: reload, assign, and window.location = ") {
  Browser browser;
  browser.folder.write("a.html", "<script>console.log('a'); setTimeout(() => { window.location = 'b.html' })</script>");
  browser.folder.write("b.html", "<script>console.log('b'); setTimeout(() => location.assign('c.html'))</script>");
  browser.folder.write("c.html", "<script>console.log('c')</script>");
  browser.load(browser.folder.url("a.html"));
  CHECK(browser.wait_for("log: c"));
  CHECK(browser.wait_for("finished"));
  browser.settle();
  browser.lines.clear();
  browser.page->reload();
  CHECK(browser.wait_for("stopped"));
  CHECK(browser.saw("log: c"));
}

TEST_CASE("location: a fragment changes without a load") {
  Browser browser;
  browser.run(
      R"(onhashchange = event => console.log(event.oldURL.split('/').pop(), event.newURL.split('/').pop(), location.hash)
    const before = document
    location.hash = 'a b'
    setTimeout(() => console.log(document === before, document.URL.endsWith('#a%20b')), 5))");
  CHECK(browser.wait_for("log: test.html test.html#a%20b #a%20b"));
  CHECK(browser.wait_for("log: true true"));
  browser.load(browser.folder.url("test.html") + "#c");
  CHECK(browser.all() == "started\nlog: test.html#a%20b test.html#c #c\nfinished\nstopped\n");
}

TEST_CASE("location: a page goes nowhere that it may not read") {
  Browser browser;
  browser.folder.write("secret.html", "<script>console.log('read')</script>");
  browser.load(
      browser.folder.write("app/index.html",
                           "<script>setTimeout(() => { location = '../secret.html' })\n"
                           "try { location = 'http://[' } catch (error) { console.log(error.name) }</script>"));
  CHECK(browser.wait_for("failed -10 ERR_ACCESS_DENIED file://~/secret.html"));
  CHECK(browser.console() == "SyntaxError\n");
  browser.load(browser.folder.write("app/other.html",
                                    "<script>setTimeout(() => { location = 'javascript:console.log(1)' })</script>"));
  CHECK(browser.wait_for("failed -302 ERR_UNKNOWN_URL_SCHEME javascript:console.log(1)"));
  CHECK(browser.console() == "");
}

TEST_CASE("page: leaving is asked for, told, and can be refused") {
  Browser browser;
  browser.run(R"(
    let refuse = true
    onbeforeunload = event => { console.log('asked'); if (refuse) { refuse = false; return 'stay' } }
    onpagehide = () => console.log('hide')
    onunload = () => console.log('unload')
  )");
  browser.load("about:blank");
  CHECK(browser.all() == "started\nlog: asked\nfailed -3 ERR_ABORTED about:blank\nstopped\n");
  browser.load("about:blank");
  CHECK(browser.all() ==
        "started\nlog: asked\nlog: hide\nlog: unload\nnavigated about:blank\ndom-ready\nfinished\nstopped\n");
}

TEST_CASE("page: beforeunload is heard by preventDefault and by returnValue as well") {
  Browser browser;
  browser.run("addEventListener('beforeunload', event => event.preventDefault(), {once: true})");
  CHECK_FALSE(browser.page->before_unload());
  CHECK(browser.page->before_unload());
}

TEST_CASE("page: a load takes the place of the one before it") {
  Browser browser;
  browser.folder.write("a.html", "<script>console.log('a')</script>");
  browser.folder.write("b.html", "<script>console.log('b')</script>");
  browser.page->load(browser.folder.url("a.html"));
  browser.page->load(browser.folder.url("b.html"));
  CHECK(browser.wait_for("finished"));
  CHECK(browser.all() ==
        "started\nfailed -3 ERR_ABORTED file://~/a.html\nstopped\nstarted\nnavigated file://~/b.html\n"
        "log: b\ndom-ready\nfinished\nstopped\n");
}

TEST_CASE("page: stop ends a load between two scripts") {
  Browser browser;
  browser.on_context = [&](PageEvents::Which, script::Context&) -> Result<> {
    browser.page->stop();
    return {};
  };
  CHECK(browser.run("console.log('no')") == "");
  CHECK(browser.saw("failed -3 ERR_ABORTED file://~/test.html"));
  browser.page->stop();
  browser.page->reload();
  browser.settle();
  CHECK(browser.wait_for("stopped"));
}

TEST_CASE("page: closing tells the document and ends it") {
  Browser browser;
  int released = 0;
  browser.on_release = [&] { ++released; };
  browser.run("onunload = () => console.log('unload'); setInterval(() => console.log('tick'), 1)");
  browser.page->close();
  CHECK(browser.saw("log: unload"));
  CHECK(released == 1);
  browser.lines.clear();
  browser.settle();
  CHECK(browser.all() == "");
}

TEST_CASE("page: a hundred loads leave nothing behind") {
  Browser browser;
  auto alive = std::make_shared<int>();
  browser.on_context = [&](PageEvents::Which, script::Context& context) -> Result<> {
    auto native = context.make_native(
        "kept", [alive](std::span<script::Scalar>) -> Result<script::Scalar> { return script::Scalar(); });
    return native ? Result<>() : std::unexpected(native.error());
  };
  auto url = browser.folder.write("index.html", R"(<script>
    globalThis.big = new Uint8Array(4 << 20).fill(1)
    setInterval(() => big, 1000)
    addEventListener('x', () => big)
    fetch('index.html').then(() => big)
    new Promise(() => big)
  </script>)");
  for (int i = 0; i < 10; ++i) browser.load(url);
  browser.engine->collect_garbage();
  auto before = resident_bytes();
  for (int i = 0; i < 100; ++i) browser.load(url);
  browser.page->close();
  browser.engine->collect_garbage();
  CHECK(alive.use_count() == 1);
  CHECK(resident_bytes() < before + (std::size_t{64} << 20));
}

TEST_CASE("page: it may end while it loads") {
  Browser browser;
  browser.folder.write("a.html", "<script>console.log('a')</script>");
  browser.page->load(browser.folder.url("a.html"));
  browser.page.reset();
  browser.settle();
  CHECK(browser.all() == "");
}

}  // namespace mullion::headless
