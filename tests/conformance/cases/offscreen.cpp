// Pages without a window, which draw into memory, and the input to a page.
#include "pixels.hpp"
#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

namespace {

constexpr std::uint32_t green = 0x20c040, red = 0xc02040;
constexpr const char* page =
    "<title>painted</title><body style='margin:0; background:#20c040'><script>"
    "onmousedown = () => { document.body.style.background = '#c02040' };"
    "onkeydown = e => console.log('key ' + e.key + ' ' + e.code + ' ' + e.shiftKey);"
    "onwheel = e => console.log('wheel ' + e.deltaY);"
    "onclick = e => console.log('click ' + e.clientX + ' ' + e.clientY + ' ' + e.isTrusted);"
    "oncontextmenu = e => { e.preventDefault(); console.log('menu') };"
    "</script>";

// The last that a page has painted.
struct Painted {
  explicit Painted(Site& site) {
    site.contents().on(listening, main::paint, [this](const backend::Paint& paint) { take(paint); });
  }
  void take(const backend::Paint& paint) {
    ++paints;
    width = paint.width;
    height = paint.height;
    dirty = paint.dirty;
    stride = paint.stride;
    bytes.assign(paint.bytes.begin(), paint.bytes.end());
  }
  std::uint32_t at(int x, int y) const {
    auto first = static_cast<std::size_t>(y) * stride + static_cast<std::size_t>(x) * 4;
    if (x >= width || y >= height || first + 4 > bytes.size()) return ~0u;
    auto part = [&](std::size_t n) { return static_cast<std::uint32_t>(bytes[first + n]); };
    return part(2) << 16 | part(1) << 8 | part(0);
  }
  std::uint32_t middle() const { return at(width / 2, height / 2); }

  Scope listening;
  int paints = 0, width = 0, height = 0;
  Rectangle dirty;
  std::size_t stride = 0;
  std::vector<std::byte> bytes;
};

main::BrowserWindowOptions offscreen() {
  main::BrowserWindowOptions options{.width = 200, .height = 100, .show = false};
  options.web_preferences.offscreen = true;
  return options;
}

// A backend that takes no input draws nothing either.
bool takes_input(Site& site) {
  auto sent = site.contents().send_input_event(MouseInputEvent{});
  if (sent || sent.error().kind != Kind::unimplemented) return true;
  conformance::skip(sent.error().message);
  return false;
}

void click(Site& site, int x, int y) {
  for (auto type : {MouseInputEvent::Type::move, MouseInputEvent::Type::down, MouseInputEvent::Type::up})
    CHECK(site.contents().send_input_event(MouseInputEvent{.type = type, .x = x, .y = y}));
}

}  // namespace

TEST_SUITE_BEGIN("script");

TEST_CASE("offscreen: a page loads, runs its preload and answers, whether or not it is painted") {
  auto options = offscreen();
  options.web_preferences.preload = preload_script("preload.js");
  Site site(options, page);
  CHECK(site.contents().is_offscreen());
  CHECK(site.contents().is_painting());
  CHECK(site.run("api.add(2, 3)")->number() == 5);
  CHECK(site.window.title() == "painted");
  CHECK_FALSE(site.window.is_visible());
  CHECK(site.window.bounds().width == 200);
}

TEST_CASE("offscreen: a page is painted whole, and what a click changes is in the next paint") {
  Site site(offscreen(), page);
  if (!takes_input(site)) return;
  Painted painted(site);
  site.contents().invalidate();
  REQUIRE(site.app.until([&] { return painted.middle() == green; }));
  CHECK(painted.width == 200);
  CHECK(painted.height == 100);
  CHECK(painted.at(0, 0) == green);
  CHECK(painted.at(199, 99) == green);
  click(site, 30, 20);
  REQUIRE(site.app.until([&] { return painted.middle() == red; }));
  CHECK(painted.dirty == Rectangle{0, 0, 200, 100});
  REQUIRE(site.says("click 30 20 true"));
}

TEST_CASE("offscreen: only what has changed is dirty") {
  Site site(offscreen(),
            "<body style='margin:0'><div id=one style='position:absolute;left:20px;top:30px;"
            "width:40px;height:10px;background:#20c040'></div><script>"
            "function change() { one.style.background = '#c02040'; return 1 }</script>");
  if (!takes_input(site)) return;
  Painted painted(site);
  site.contents().invalidate();
  REQUIRE(site.app.until([&] { return painted.at(25, 35) == green; }));
  REQUIRE(site.run("change()"));
  REQUIRE(site.app.until([&] { return painted.at(25, 35) == red; }));
  CHECK(painted.dirty.x >= 10);
  CHECK(painted.dirty.y >= 20);
  CHECK(painted.dirty.width <= 60);
  CHECK(painted.dirty.height <= 30);
}

TEST_CASE("offscreen: keys, the wheel and modifiers reach the page") {
  Site site(offscreen(), page);
  if (!takes_input(site)) return;
  Painted painted(site);
  site.contents().invalidate();
  REQUIRE(site.app.until([&] { return painted.middle() == green; }));  // what is not drawn yet takes no wheel
  auto contents = site.contents();
  KeyboardInputEvent key{.key_code = "Enter"};
  key.modifiers.shift = true;
  REQUIRE(contents.send_input_event(key));
  CHECK(site.says("key Enter Enter true"));
  REQUIRE(contents.send_input_event(KeyboardInputEvent{.key_code = "q"}));
  CHECK(site.says("key q KeyQ false"));
  MouseInputEvent wheel{.type = MouseInputEvent::Type::wheel, .x = 5, .y = 5, .delta_y = -120};
  REQUIRE(contents.send_input_event(wheel));
  CHECK(site.says("wheel 120"));
  MouseInputEvent menu{.type = MouseInputEvent::Type::down, .x = 5, .y = 5, .button = MouseInputEvent::Button::right};
  REQUIRE(contents.send_input_event(menu));
  CHECK(site.says("menu"));
  auto unknown = contents.send_input_event(KeyboardInputEvent{.key_code = "Hyper"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == "key");
}

TEST_CASE("offscreen: characters that are typed stand in the field that has the focus") {
  Site site(offscreen(),
            "<input id=field autofocus><script>field.focus(); "
            "field.oninput = () => console.log('now ' + field.value)</script>");
  if (!takes_input(site)) return;
  for (const char* each : {"H", "i", "é"})
    for (auto type :
         {KeyboardInputEvent::Type::down, KeyboardInputEvent::Type::character, KeyboardInputEvent::Type::up})
      REQUIRE(site.contents().send_input_event(KeyboardInputEvent{.type = type, .key_code = each}));
  CHECK(site.says("now Hié"));
}

TEST_CASE("offscreen: set_bounds gives the page another size, and the paints too") {
  Site site(offscreen(), page);
  if (!takes_input(site)) return;
  Painted painted(site);
  REQUIRE(site.window.set_bounds({0, 0, 320, 240}));
  REQUIRE(site.app.until([&] { return painted.width == 320 && painted.height == 240 && painted.middle() == green; }));
  CHECK(site.run("innerWidth + 'x' + innerHeight")->string() == "320x240");
}

TEST_CASE("offscreen: stopped it paints no more, started again it paints all of it") {
  Site site(offscreen(), page);
  if (!takes_input(site)) return;
  Painted painted(site);
  site.contents().invalidate();
  REQUIRE(site.app.until([&] { return painted.middle() == green; }));
  site.contents().stop_painting();
  CHECK_FALSE(site.contents().is_painting());
  int before = painted.paints;
  click(site, 5, 5);
  REQUIRE(site.says("click 5 5 true"));
  REQUIRE(site.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"));
  CHECK(painted.paints == before);
  site.contents().start_painting();
  REQUIRE(site.app.until([&] { return painted.middle() == red; }));
}

TEST_CASE("offscreen: a frame rate is kept, and one that cannot be is refused") {
  Site site(offscreen(), page);
  CHECK(site.contents().frame_rate() == 60);
  REQUIRE(site.contents().set_frame_rate(30));
  CHECK(site.contents().frame_rate() == 30);
  for (int wrong : {0, -1, 241}) CHECK_FALSE(site.contents().set_frame_rate(wrong));
  CHECK(site.contents().frame_rate() == 30);
}

TEST_CASE("offscreen: capture_page takes a picture of it") {
  Site site(offscreen(), page);
  if (!takes_input(site)) return;
  auto taking = site.contents().capture_page();
  auto taken = site.app.wait(std::move(taking));
  REQUIRE_MESSAGE(taken, (taken ? "" : taken.error().message));
  auto pixels = conformance::decode(*taken);
  CHECK(pixels.width == 200);
  CHECK(pixels.height == 100);
  CHECK(pixels.at(100, 50) == green);
}

TEST_CASE("offscreen: whoever is told of a paint may destroy the window, and look at the paint") {
  Site site(offscreen(), page);
  if (!takes_input(site)) return;
  std::size_t sum = 0;
  site.contents().on(main::paint, [&](const backend::Paint& paint) {
    site.window.destroy();
    for (auto each : paint.bytes) sum += static_cast<std::size_t>(each);
  });
  site.contents().invalidate();
  REQUIRE(site.app.until([&] { return sum > 0; }));
  CHECK(site.window.is_destroyed());
}

TEST_CASE("offscreen: it is closed as a window is, its page asked first") {
  Site site(offscreen(),
            "<script>onbeforeunload = event => { console.log('asked'); "
            "if (!globalThis.leave) { event.preventDefault(); event.returnValue = 'x' } }</script>");
  site.window.close();
  REQUIRE(site.says("asked"));
  REQUIRE(site.run("globalThis.leave = 1"));
  CHECK_FALSE(site.window.is_destroyed());
  site.window.close();
  CHECK(site.app.until([&] { return site.window.is_destroyed(); }));
}

TEST_CASE("offscreen: its process killed, reload brings the page and its paints back") {
  Site site(offscreen(), page);
  bool gone = false;
  site.contents().on(main::render_process_gone, [&] { gone = true; });
  site.contents().forcefully_crash_renderer();
  REQUIRE(site.app.until([&] { return gone; }));
  Painted painted(site);
  bool loaded = false;
  site.contents().on(main::did_finish_load, [&] { loaded = true; });
  REQUIRE(site.contents().reload());
  REQUIRE(site.app.until([&] { return loaded; }));
  if (!takes_input(site)) return;
  CHECK(site.app.until([&] { return painted.middle() == green; }));
}

TEST_CASE("input: a page in a window is clicked and typed at as well") {
  Site site(page);
  if (!takes_input(site)) return;
  click(site, 40, 30);
  CHECK(site.says("click 40 30 true"));
  REQUIRE(site.contents().send_input_event(KeyboardInputEvent{.key_code = "a"}));
  CHECK(site.says("key a KeyA false"));
}

TEST_SUITE_END();

const char conformance::offscreen_cases = 0;
