// Structured clone: in script alone, and byte for byte against the vectors that the C++ codec is tested with.
#include <sstream>

#include "../ipc/hex.hpp"
#include "frame.hpp"

namespace mullion::script {
namespace {

struct Vector {
  char mark;
  std::string hex;
  std::string expected;
};

std::vector<Vector> read_vectors() {
  std::istringstream file(read_source(CLONE_VECTORS));
  std::vector<Vector> vectors;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto end = line.find(" |", 3);
    vectors.push_back({line[0], line.substr(4, end < 4 ? 0 : end - 4), line.substr(end + 3)});
  }
  return vectors;
}

// The page's end of a channel whose other end is the test's: what arrives is kept as `last` and posted back.
struct Echo : Frame {
  Echo() {
    port = ports.create(&page.kernel);
    ports.ends[port + 1].owner = nullptr;
    eval(*page.context, "globalThis.last = 'nothing'; addEventListener('message', e => { globalThis.port = e.ports[0];"
                        "port.onmessage = e => { last = e.data; if (globalThis.echo) port.postMessage(last, e.ports) };"
                        "port.onmessageerror = () => { last = 'messageerror' } })");
    page.kernel->window_message(encode(Value()), "null", std::array{port});
  }
  // Hands bytes in; they are `last` then.
  void give(Bytes bytes, std::vector<PortId> carried = {}) {
    REQUIRE(ports.post(port + 1, bytes, carried));
    drain();
  }
  // What script's value looks like on the wire.
  std::string wire(std::string_view expression) {
    ports.ends[port + 1].queue.clear();
    run(page, "port.postMessage(" + std::string(expression) + ")");
    return ports.ends[port + 1].queue.empty() ? "nothing" : to_hex(ports.ends[port + 1].queue.back().bytes);
  }
  std::string shown(std::string_view expression) {
    ports.ends[port + 1].queue.clear();
    run(page, "port.postMessage(" + std::string(expression) + ")");
    return decode(ports.ends[port + 1].queue.back().bytes)->inspect();
  }
  // The message of the error that posting a value ends in, with its name.
  std::string refusal(std::string_view expression) {
    return run(page, "try { port.postMessage(" + std::string(expression) +
                         "); 'posted' } catch (e) { `${e instanceof DOMException ? '' : '!'}${e.name}: ${e.message}` "
                         "}");
  }

  PortId port = 0;
};

std::string check(Frame& frame, std::string_view expression) {
  return frame.run(frame.page, "String((() => { const same = structuredClone; return "
                               "" + std::string(expression) + " })())");
}

}  // namespace

TEST_CASE("kernel clone: every vector of the C++ codec is read and written the same, or refused") {
  Echo echo;
  eval(*echo.page.context, "globalThis.echo = true");
  int seen = 0;
  for (const auto& [mark, hex, expected] : read_vectors()) {
    CAPTURE(hex);
    CAPTURE(expected);
    std::vector<PortId> carried;
    if (expected.find("MessagePort") != std::string::npos)
      for (int i = 0; i < 130; ++i) carried.push_back(echo.ports.create(nullptr));
    auto& back = echo.ports.ends[echo.port + 1].queue;
    back.clear();
    eval(*echo.page.context, "last = 'nothing'");
    echo.give(from_hex(hex), carried);
    ++seen;
    if (mark == '!') {
      if (expected == "cyclic" || expected == "bad-utf8") continue;  // which script can hold, or replaces
      CHECK(text(*echo.page.context, "String(last)") == "messageerror");
      continue;
    }
    REQUIRE(back.size() == 1);
    if (mark == '=') CHECK(to_hex(back.front().bytes) == hex);
    if (mark == '~') CHECK(*decode(back.front().bytes) == *decode(from_hex(hex)));
  }
  CHECK(seen > 80);
}

TEST_CASE("kernel clone: a SharedBuffer is an ArrayBuffer with its bytes, the same wherever it stands") {
  Echo echo;
  eval(*echo.page.context, "globalThis.echo = true");
  auto& back = echo.ports.ends[echo.port + 1].queue;
  echo.give(from_hex("02 02 03 01 02 03 00 01 0e 03 1b 00 1b 00 1b 01"));
  REQUIRE(back.size() == 1);
  CHECK(to_hex(back.front().bytes) == "01 0e 03 09 03 01 02 03 13 01 09 00");
}

TEST_CASE("kernel clone: a SharedBuffer that did not come along, or an envelope that ends too early, is a messageerror") {
  Echo echo;
  eval(*echo.page.context, "globalThis.echo = true");
  for (const char* hex : {"01 1b 00", "02 01 03 01 02 03 01 1b 01", "02 01 09 01 02 03 01 1b 00", "02 ff ff 03", "02 00 02 00 01 00"}) {
    CAPTURE(hex);
    eval(*echo.page.context, "last = 'nothing'");
    echo.give(from_hex(hex));
    CHECK(text(*echo.page.context, "String(last)") == "messageerror");
  }
}

TEST_CASE("kernel clone: a message with any byte changed is a message or a messageerror, nothing else") {
  Echo echo;
  eval(*echo.page.context, "echo = false");
  for (const auto& [mark, hex, expected] : read_vectors()) {
    auto bytes = from_hex(hex);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (int flip : {0x01, 0x10, 0x1f, 0x80, 0xff}) {
        CAPTURE(hex);
        CAPTURE(at);
        CAPTURE(flip);
        bytes[at] ^= std::byte(flip);
        eval(*echo.page.context, "last = 'nothing'");
        echo.give(bytes);
        CHECK(text(*echo.page.context, "String(last === 'nothing') + uncaught.length") == "false0");
        bytes[at] ^= std::byte(flip);
      }
    }
  }
  CHECK(echo.page.reports.empty());
}

TEST_CASE("kernel clone: every prefix of a message is a messageerror") {
  Echo echo;
  for (const auto& [mark, hex, expected] : read_vectors()) {
    auto bytes = from_hex(hex);
    for (std::size_t length = 0; mark != '!' && length < bytes.size(); ++length) {
      CAPTURE(hex);
      CAPTURE(length);
      eval(*echo.page.context, "last = 'nothing'");
      echo.give(Bytes(bytes).first(length));
      CHECK(text(*echo.page.context, "String(last)") == "messageerror");
    }
  }
}

TEST_CASE("kernel clone: what C++ writes is read as it was meant") {
  Echo echo;
  Value shared{{"n", 1}};
  echo.give(encode(Value{{"list", Value::array({shared, shared, Value::hole()})},
                         {"bytes", Value(from_hex("0102"))},
                         {"big", Value::bigint(-18446744073709551615.0 < 0 ? std::int64_t{-5} : 0)},
                         {"__proto__", 7},
                         {"text", "na\u00efve \U0001F600"}}));
  CHECK(text(*echo.page.context, "const {list, bytes, big, text} = last; [list[0] === list[1], list[0].n, 2 in list, "
                                 "list.length, bytes instanceof Uint8Array, bytes.join('-'), typeof big, big, text, "
                                 "Object.keys(last).length, Object.getPrototypeOf(last) === "
                                 "Object.prototype].join()") ==
        "true,1,false,3,true,1-2,bigint,-5,na\u00efve \U0001F600,5,true");
}

TEST_CASE("kernel clone: what script writes, C++ reads") {
  Echo echo;
  CHECK(echo.shown("{line: 3, text: 'x', list: [1,,null], when: new Date(0), re: /a+/gi, "
                   "m: new Map([['a', new Set([1n])]]), b: new Uint8Array([1, 2]).subarray(1)}") ==
        "{ line: 3, text: 'x', list: [ 1, <empty>, null ], when: 1970-01-01T00:00:00.000Z, re: /a+/gi, "
        "m: Map(1) { 'a' => Set(1) { 1n } }, b: Uint8Array(1 bytes) < 02 > }");
  CHECK(echo.wire("{a: 1}") == "01 10 01 07 01 61 04 02");
  CHECK(echo.wire("[-0, 2 ** 31, NaN]") == "01 0e 03 05 00 00 00 00 00 00 00 80 05 00 00 00 00 00 00 e0 41 05 00 00 00 "
                                           "00 00 00 f8 7f");
  CHECK(echo.wire("'\\ud83d'") == "01 08 01 3d d8");
  auto error = echo.shown("Object.assign(new TypeError('no', {cause: 1}), {code: 'E', kind: 'denied', data: {x: 1}})");
  CHECK(error.find("TypeError: no") != std::string::npos);
  CHECK(error.find("code: 'E'") != std::string::npos);
}

TEST_CASE("kernel clone: identity, cycles and shared buffers are kept") {
  Frame frame;
  CHECK(check(frame, "(() => { const o = {}; o.self = o; o.list = [o, o]; const c = same(o); "
                     "return c.self === c && c.list[0] === c && c.list[1] === c && c !== o })()") == "true");
  CHECK(check(frame, "(() => { const b = new ArrayBuffer(8); const c = same([new Uint8Array(b, 1, 2), new "
                     "DataView(b, 4), b]); "
                     "return [c[0].buffer === c[2], c[1].buffer === c[2], c[0].byteOffset, c[0].length, "
                     "c[1].byteOffset, "
                     "c[1].byteLength] })()") == "true,true,1,2,4,4");
  CHECK(check(frame, "(() => { const m = new Map(); m.set(m, m); const c = same(m); return c.get(c) === c "
                     "})()") == "true");
  CHECK(check(frame, "(() => { const b = Object(1); const c = same([b, b]); return c[0] === c[1] && c[0] == 1 && "
                     "typeof c[0] })()") == "object");
  CHECK(check(frame, "(() => { const e = new Error('x'); e.cause = e; const c = same(e); return c.cause === c "
                     "})()") == "true");
}

TEST_CASE("kernel clone: every kind of value comes back as what it was") {
  Frame frame;
  CHECK(check(frame, "same([undefined, null, true, false, 0, -1, 1.5, 2n ** 70n, -(2n ** 64n), 'x', '', "
                     "'\\u00e9\\u{1F600}'])"
                     ".map(v => typeof v + String(v)).join(' ')") ==
        "undefinedundefined objectnull booleantrue booleanfalse number0 number-1 number1.5 "
        "bigint1180591620717411303424 "
        "bigint-18446744073709551616 stringx string string\u00e9\U0001F600");
  CHECK(check(frame, "Object.is(same(-0), -0) && Object.is(same(NaN), NaN) && same(-Infinity) === "
                     "-Infinity") == "true");
  CHECK(check(frame, "same('a\\ud800b').charCodeAt(1) === 0xd800") == "true");
  CHECK(check(frame, "same('\\u00e9'.repeat(1e5)) === '\\u00e9'.repeat(1e5) && same('a'.repeat(100)) === "
                     "'a'.repeat(100)") == "true");
  CHECK(check(frame, "(() => { const r = same(/a(?<n>b)/dgimsuy); return r.source + r.flags + r.lastIndex })()") ==
        "a(?<n>b)dgimsuy0");
  CHECK(check(frame, "same(new Date(NaN)).getTime() + ' ' + same(new Date(5)).getTime()") == "NaN 5");
  CHECK(check(frame, "[Object(true), Object(1), Object('s'), Object(5n)].map(same).map(v => "
                     "Object.prototype.toString.call(v)).join()") ==
        "[object Boolean],[object Number],[object String],[object BigInt]");
  CHECK(check(frame, "[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, "
                     "Float32Array, "
                     "Float64Array, BigInt64Array, BigUint64Array].every(T => { const v = same(new T(3)); return v "
                     "instanceof T && v.length === 3 })") ==
        "true");
  CHECK(check(frame, "(() => { const a = [1,,3]; a.length = 5; const c = same(a); return [1 in c, 4 in c, c.length, "
                     "Array.isArray(c)] })()") ==
        "false,false,5,true");
  CHECK(check(frame, "2n ** 5000n === same(2n ** 5000n) && -(3n ** 2000n) === same(-(3n ** 2000n))") == "true");
  CHECK(check(frame, "same(Object.create(null, {a: {value: 1, enumerable: true}, b: {value: 2}})).a") == "1");
}

TEST_CASE("kernel clone: class instances lose their class, getters are read, symbols and hidden members are left out") {
  Frame frame;
  CHECK(check(frame, "(() => { class P { x = 1; get y() { return 2 } m() {} } const c = same(new P()); "
                     "return [Object.getPrototypeOf(c) === Object.prototype, Object.keys(c)] })()") == "true,x");
  CHECK(check(frame, "same({get a() { return 5 }, [Symbol('s')]: 1}).a") == "5");
  CHECK(check(frame, "(() => { const o = JSON.parse('{\"__proto__\": 1, \"toString\": 2}'); const c = same(o); "
                     "return [Object.keys(c), c.toString, Object.getPrototypeOf(c) === Object.prototype] })()") ==
        "__proto__,toString,2,true");
  CHECK(check(frame, "(() => { class M extends Map {} const c = same(new M([[1, 2]])); return c.constructor.name + "
                     "c.get(1) })()") ==
        "Map2");
  CHECK(check(frame, "JSON.stringify(same(Object.create(Map.prototype, {a: {value: 1, enumerable: "
                     "true}})))") == "{\"a\":1}");
}

TEST_CASE("kernel clone: errors keep name, message, stack, code, kind, data and cause") {
  Frame frame;
  CHECK(check(frame, "(() => { const e = Object.assign(new RangeError('far', {cause: [1]}), {code: 'E', kind: "
                     "'denied', data: {d: 1}, other: 1}); "
                     "const c = same(e); return [c instanceof RangeError, c.name, c.message, c.stack === e.stack, "
                     "c.code, c.kind, c.data.d, "
                     "c.cause[0], c.other, Object.keys(c)] })()") ==
        "true,RangeError,far,true,E,denied,1,1,,code,kind,data");
  CHECK(check(frame, "(() => { class Mine extends Error { name = 'Mine' } const c = same(new Mine('m')); "
                     "return [c.constructor === Error, c.name, String(c)] })()") == "true,Mine,Mine: m");
  CHECK(check(frame, "(() => { const c = same(new DOMException('m', 'AbortError')); return [c instanceof "
                     "DOMException, c.name, c.message] })()") ==
        "true,AbortError,m");
}

TEST_CASE("kernel clone: what cannot be cloned is named by its path") {
  Echo echo;
  CHECK(echo.refusal("{options: {onClick() {}}}") == "DataCloneError: options.onClick: function could not be cloned");
  CHECK(echo.refusal("() => {}") == "DataCloneError: function could not be cloned");
  CHECK(echo.refusal("[0, {'a-b': [Symbol()]}]") == "DataCloneError: [1][\"a-b\"][0]: symbol could not be cloned");
  CHECK(echo.refusal("new Map([['k', new WeakMap()]])") == "DataCloneError: get(\"k\"): WeakMap could not be cloned");
  CHECK(echo.refusal("{m: new Map([[() => {}, 1]])}") == "DataCloneError: m.keys()[0]: function could not be cloned");
  CHECK(echo.refusal("{s: new Set([1, Promise.resolve()])}") == "DataCloneError: s.values()[1]: Promise could not be "
                                                                "cloned");
  CHECK(echo.refusal("Object.assign(new Error(), {data: {f() {}}})") == "DataCloneError: data.f: function could not "
      "be cloned");
  CHECK(echo.refusal("(function* () {})()") == "DataCloneError: iterator or generator could not be cloned");
  CHECK(echo.refusal("{w: globalThis}") == "DataCloneError: w: Window could not be cloned");
  CHECK(echo.refusal("new Event('x')") == "DataCloneError: Event could not be cloned");
  CHECK(echo.refusal("{p: new MessageChannel().port1}") ==
        "DataCloneError: p: MessagePort (it is not in the transfer list) could not be cloned");
  if (bool(eval(*echo.page.context, "typeof Float16Array === 'function'")))
    CHECK(echo.refusal("new Float16Array(1)") == "DataCloneError: Float16Array could not be cloned");
  CHECK(echo.refusal("(() => { const b = new ArrayBuffer(1); b.transfer(); return b })()") ==
        "DataCloneError: a detached ArrayBuffer could not be cloned");
  CHECK(echo.refusal("new Array(2 ** 32 - 1)").find("most of them holes") != std::string::npos);
  CHECK(echo.refusal("new WebAssembly.Memory({initial: 0})") == "DataCloneError: Memory could not be cloned");
}

TEST_CASE("kernel clone: a getter's own exception is what posting ends in") {
  Echo echo;
  CHECK(echo.refusal("{get x() { throw new RangeError('mine') }}") == "!RangeError: mine");
  CHECK(echo.wire("1") == "01 04 02");
}

TEST_CASE("kernel clone: a getter that posts does not disturb the message it is part of") {
  Echo echo;
  CHECK(echo.wire("{a: 1, get b() { port.postMessage(['inner']); return 2 }, c: 3}") ==
        "01 10 03 07 01 61 04 02 07 01 62 04 04 07 01 63 04 06");
}

TEST_CASE("kernel clone: a thousand levels go, one more is refused") {
  Echo echo;
  eval(*echo.page.context, "globalThis.nest = n => { let a = []; for (let i = 1; i < n; i++) a = [a]; return a }");
  CHECK(echo.refusal("nest(1000)") == "posted");
  CHECK(echo.refusal("nest(1001)").find("nested deeper than 1000") != std::string::npos);
  eval(*echo.page.context, "last = 'nothing'");
  std::string deep = "01";
  for (int i = 0; i < 1001; ++i) deep += " 0e 01";
  echo.give(from_hex(deep + " 00"));
  CHECK(text(*echo.page.context, "String(last)") == "messageerror");
}

TEST_CASE("kernel clone: a count that the message cannot hold is refused before anything is made") {
  Echo echo;
  for (auto hex : {"01 0e ff ff ff ff ff ff ff 7f", "01 10 ff ff ff ff 0f", "01 11 ff ff ff ff 0f", "01 09 ff ff ff "
      "ff 0f",
                   "01 07 ff ff ff ff ff ff ff ff ff ff 01", "01 06 00 ff ff ff 7f"}) {
    CAPTURE(hex);
    eval(*echo.page.context, "last = 'nothing'");
    echo.give(from_hex(hex));
    CHECK(text(*echo.page.context, "String(last)") == "messageerror");
  }
}

TEST_CASE("kernel clone: a megabyte of bytes goes and comes whole") {
  Echo echo;
  eval(*echo.page.context, "globalThis.big = new Uint8Array(1 << 20); for (let i = 0; i < big.length; i++) big[i] = "
                           "i * 7; echo = true");
  Buffer bytes(1 << 20, std::byte(9));
  echo.give(encode(Value(bytes)));
  CHECK(decode(echo.ports.ends[echo.port + 1].queue.back().bytes)->bytes().size() == bytes.size());
  eval(*echo.page.context, "echo = false");
  echo.script.run_until([] { return true; });
  echo.run(echo.page, "port.postMessage(big)");
  auto back = *decode(echo.ports.ends[echo.port + 1].queue.back().bytes);
  CHECK(back.bytes()[1000] == std::byte(1000 * 7 & 255));
}

TEST_CASE("kernel clone: structuredClone detaches what it transfers, and nothing when it fails") {
  Frame frame;
  CHECK(check(frame, "(() => { const b = new ArrayBuffer(4); const c = same({b}, {transfer: [b]}); return "
                     "[b.byteLength, c.b.byteLength] })()") == "0,4");
  CHECK(check(frame, "(() => { const b = new ArrayBuffer(4); try { same({b, f() {}}, {transfer: [b]}) } catch {} "
                     "return b.byteLength })()") == "4");
  CHECK(check(frame, "(() => { const b = new ArrayBuffer(4); try { same(b, {transfer: [b, b]}) } catch (e) { return "
                     "e.message } })()") ==
        "ArrayBuffer at index 1 is a duplicate.");
  CHECK(check(frame, "(() => { try { structuredClone() } catch (e) { return e.name } })()") == "TypeError");
}

}  // namespace mullion::script
