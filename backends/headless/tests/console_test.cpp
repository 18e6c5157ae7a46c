#include "browser.hpp"

namespace mullion::headless {

TEST_CASE("console: levels") {
  CHECK(run("console.log('a'); console.info('b'); console.warn('c'); console.debug('d'); console.error('e')") ==
        "a\nb\nwarning: c\ndebug: d\nerror: e @ file://~/test.js:1\n");
}

TEST_CASE("console: a message has the file and line of its caller") {
  Browser browser;
  browser.run("\n\nfunction f() {\n  console.error('here')\n}\nf()\nsetTimeout(() => console.error('there'), 0)\n");
  CHECK(browser.wait_for("error: there @ file://~/test.js:7"));
  CHECK(browser.saw("error: here @ file://~/test.js:4"));
}

TEST_CASE("console: values in one line, without calling getters") {
  CHECK(run(R"(
    console.log(1, -0, 5n, true, null, undefined, Symbol('s'), 'text', ['text', 'a\'b\n'])
    console.log({a: 1, 'b-c': [1, , 3], [Symbol('k')]: null}, [], {}, [[[[1]]]])
    console.log({get a() { throw 1 }, set b(v) {}}, Object.create(null), new (class Point { x = 1 })())
    console.log(new Map([['a', {b: 1}]]), new Set([1, 'x']), new Uint8Array([1, 2]), new BigInt64Array(1))
    console.log(function f() {}, () => {}, class A {}, /x/g, new Date(0), Promise.resolve())
    const loop = {}
    loop.self = loop
    console.log(loop, new Proxy({}, {ownKeys() { throw 1 }}))
    console.log(new Array(200).fill(0).map((_, i) => i).length, [...Array(102).keys()].slice(98), Array(101).fill(7))
  )")
            .starts_with("1 -0 5n true null undefined Symbol(s) text ['text', 'a\\'b\\n']\n"
                         "{a: 1, 'b-c': [1, empty, 3], [Symbol(k)]: null} [] {} [[[[Array]]]]\n"
                         "{a: [Getter], b: [Setter]} [Object: null prototype] {} Point {x: 1}\n"
                         "Map(1) {'a' => {b: 1}} Set(2) {1, 'x'} Uint8Array(2) [1, 2] BigInt64Array(1) [0n]\n"
                         "[function f] [function] [class A] /x/g Thu Jan 01 1970"));
  CHECK(run("const a = []; a.push(a); console.log(a, new Proxy({}, {ownKeys() { throw 1 }}))") ==
        "[[Circular]] [object]\n");
  CHECK(run("console.log(Array(101).fill(7))").ends_with("7, 7, ... 1 more]\n"));
}

TEST_CASE("console: format directives") {
  CHECK(run(R"(
    console.log('%s is %d and %i, %f, %o %O%%, %c!', 'x', '42.9', 42.9, '1.5', {a: 1}, [1], 'color: red')
    console.log('100%', 5, '%s')
    console.log('%s')
    console.log('%d %d', 1)
    console.log('%d', Symbol('x'))
    console.log()
  )") == "x is 42 and 42, 1.5, {a: 1} [1]%, !\n100% 5 %s\n%s\n1 %d\nNaN\n\n");
}

TEST_CASE("console: errors show their stack, of the page's frames only") {
  CHECK(run("function f() { return new TypeError('wrong') }\nconsole.log(f(), {error: new Error('in')})") ==
        "TypeError: wrong\n    at f@file://~/test.js:1:36\n    at global code@file://~/test.js:2:14 "
        "{error: [Error: in]}\n");
  CHECK(run("\nconsole.trace('here')") == "Trace: here\n    at global code@file://~/test.js:2:14\n");
}

TEST_CASE("console: assert, count, time, group") {
  CHECK(run(R"(
    console.assert(true, 'no')
    console.count(); console.count('x'); console.count(); console.countReset(); console.count(); console.countReset('y')
    console.group('G'); console.log('in'); console.group(); console.log('a\nb'); console.groupEnd(); console.groupEnd()
    console.groupEnd(); console.log('out')
    console.timeEnd('none')
    console.time('t'); console.time('t')
  )") == "default: 1\nx: 1\ndefault: 2\ndefault: 1\nwarning: Count for 'y' does not exist\n"
         "G\n  in\n    a\n    b\nout\nwarning: Timer 'none' does not exist\nwarning: Timer 't' already exists\n");
  CHECK(run("console.assert(0, 'a', 1); console.assert()") ==
        "error: Assertion failed: a 1 @ file://~/test.js:1\nerror: Assertion failed @ file://~/test.js:1\n");
  CHECK(run("console.time(); console.timeLog(undefined, 5); console.timeEnd()").starts_with("default: "));
}

TEST_CASE("console: dir and table") {
  CHECK(run("console.dir('%s'); console.table([{a: 1, b: 'x'}, {b: 'y', c: [1]}])") ==
        "'%s'\n(index) | a | b   | c\n0       | 1 | 'x' |\n1       |   | 'y' | [1]\n");
  CHECK(run("console.table(['a', 5]); console.table({x: {a: 1, b: 2}}, ['b']); console.table(5)") ==
        "(index) | Values\n0       | 'a'\n1       | 5\n(index) | b\nx       | 2\n5\n");
}

TEST_CASE("console: its functions can be passed on, and replaced") {
  CHECK(
      run("[1].forEach(console.log); const {warn} = console; warn('w'); console.log = () => {}; console.log('gone')") ==
      "1 0 [1]\nwarning: w\n");
}

}  // namespace mullion::headless
