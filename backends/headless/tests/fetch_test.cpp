#include "browser.hpp"

namespace mullion::headless {

TEST_CASE("fetch: a file of the page's folder, as text, JSON and bytes") {
  Browser browser;
  browser.folder.write("data/x.json", "\xEF\xBB\xBF{\"a\": [1, \"\xC3\xA4\"]}");
  browser.folder.write("data/x.bin", std::string_view("\0\xFF\1", 3));
  CHECK(browser.run_to_end(R"(
    ;(async () => {
      const response = await fetch('data/x.json#f')
      console.log(response.ok, response.status, response.statusText, response.type, response.redirected)
      console.log(response.url.split('/').pop(), response.headers.get('Content-Type'), response.bodyUsed)
      console.log(await response.clone().text(), await response.json(), response.bodyUsed)
      console.log(await response.text().catch(error => error.name))
      console.log(new Uint8Array(await (await fetch('data/x.bin')).arrayBuffer()), await (await fetch('data/x.bin')).bytes())
      const head = await fetch(new Request('data/x.bin', {method: 'head'}))
      console.log(head.headers.get('content-length'), (await head.text()).length)
      console.log('end')
    })()
  )") ==
        "true 200 OK basic false\nx.json application/json false\n{\"a\": [1, \"\xC3\xA4\"]} {a: [1, '\xC3\xA4']} true\n"
        "TypeError\nUint8Array(3) [0, 255, 1] Uint8Array(3) [0, 255, 1]\n3 0\n");
}

TEST_CASE("fetch: what cannot be had is a TypeError that says why") {
  CHECK(run_to_end(R"(
    ;(async () => {
      for (const url of ['none.txt', '/etc/passwd', 'https://example.com/', 'app://test/x', 'what:x', 'http://['])
        await fetch(url).catch(error => console.log(error.name, error.message.replace(/file:.*\//, 'file:')))
      await fetch('x', {method: 'POST', body: 'b'}).catch(error => console.log(error.name))
      await fetch('http://u:p@h/').catch(error => console.log(error.name))
      console.log('end')
    })()
  )") == "TypeError fetch: ERR_FILE_NOT_FOUND loading 'file:none.txt'\n"
         "TypeError fetch: ERR_ACCESS_DENIED loading 'file:passwd'\n"
         "TypeError fetch: ERR_DISALLOWED_URL_SCHEME loading 'https://example.com/'\n"
         "TypeError fetch: ERR_ACCESS_DENIED loading 'app://test/x'\n"
         "TypeError fetch: ERR_UNKNOWN_URL_SCHEME loading 'what:x'\n"
         "TypeError Request: 'http://[' is no URL\nTypeError\nTypeError\n");
}

TEST_CASE("fetch: data URLs, and app: from an app: page") {
  Browser browser;
  browser.app["/index.html"] = {.bytes = {}, .mime = "text/html"};
  auto script = std::string_view(R"(<script>
    ;(async () => {
      console.log(await (await fetch('data:text/x;base64,aGk=')).text())
      const response = await fetch('lib/x.txt?q')
      console.log(response.url, response.headers.get('content-type'), await response.text(), location.origin)
      console.log(await fetch('app://other/x').catch(error => error.message))
      console.log('end')
    })()
  </script>)");
  auto bytes = std::as_bytes(std::span(script));
  browser.app["/index.html"].bytes.assign(bytes.begin(), bytes.end());
  browser.app["/lib/x.txt"] = {.bytes = {std::byte{'x'}}, .mime = "text/plain"};
  browser.load("app://test/index.html");
  CHECK(browser.wait_for("log: end"));
  CHECK(browser.console() ==
        "hi\napp://test/lib/x.txt?q text/plain x app://test\nfetch: ERR_ACCESS_DENIED loading 'app://other/x'\nend\n");
}

TEST_CASE("fetch: a signal ends it, before and meanwhile") {
  CHECK(run_to_end(R"(
    ;(async () => {
      await fetch('test.html', {signal: AbortSignal.abort('before')}).catch(error => console.log(error))
      const controller = new AbortController()
      const waiting = fetch('test.html', {signal: controller.signal})
      controller.abort()
      await waiting.catch(error => console.log(error.name))
      console.log((await fetch('test.html', {signal: new AbortController().signal})).ok)
      console.log('end')
    })()
  )") == "before\nAbortError\ntrue\n");
}

TEST_CASE("fetch: Headers combine, sort, and refuse what is no header") {
  CHECK(run(R"(
    const headers = new Headers({'X-B': ' 1 ', a: 'x'})
    headers.append('x-b', '2')
    headers.append('Set-Cookie', 'c=1')
    headers.append('Set-Cookie', 'd=2')
    console.log([...headers], headers.get('X-b'), headers.has('A'), headers.get('none'), headers.getSetCookie())
    headers.set('x-b', '3')
    headers.delete('a')
    console.log([...headers.keys()], new Headers(headers).get('x-b'), new Headers([['k', 'v']]).get('k'))
    for (const f of [() => headers.set('a b', ''), () => headers.set('a', 'x\n\ny'), () => headers.set('a', '\u20ac'), () => new Headers(5)])
      try { f() } catch (error) { console.log(error.name) }
  )") == "[['a', 'x'], ['set-cookie', 'c=1'], ['set-cookie', 'd=2'], ['x-b', '1, 2']] 1, 2 true null ['c=1', 'd=2']\n"
         "['set-cookie', 'set-cookie', 'x-b'] 3 v\nTypeError\nTypeError\nTypeError\nTypeError\n");
}

TEST_CASE("fetch: Request and Response can be made by hand") {
  CHECK(run_to_end(R"(
    ;(async () => {
      const request = new Request('x', {method: 'post', body: new URLSearchParams('a=b'), headers: {k: 'v'}})
      console.log(request.method, request.url.split('/').pop(), request.headers.get('content-type'), request.headers.get('k'))
      console.log(await request.clone().text(), new Request(request).method, request.signal.aborted)
      const response = new Response('\u00e4', {status: 201, statusText: 'Made'})
      console.log(response.status, response.ok, response.statusText, response.url, [...response.headers], await response.text())
      console.log(await Response.json({a: 1}).json(), Response.error().type, new Response().status)
      console.log(await new Response(new Uint8Array([104, 105])).text(), (await new Response().text()).length)
      for (const f of [() => new Response('', {status: 99}), () => new Response('x', {status: 204}), () => new Request('x', {body: 'b'})])
        try { f() } catch (error) { console.log(error.name) }
      console.log(await new Response('{').json().catch(error => error.name))
      console.log('end')
    })()
  )") == "POST x application/x-www-form-urlencoded;charset=UTF-8 v\na=b POST false\n"
         "201 true Made  [['content-type', 'text/plain;charset=UTF-8']] \xC3\xA4\n{a: 1} error 200\nhi 0\n"
         "RangeError\nTypeError\nTypeError\nSyntaxError\n");
}

}  // namespace mullion::headless
