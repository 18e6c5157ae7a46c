// Pictures of a page, from backends that draw.
#include "pixels.hpp"
#include "site.hpp"

using namespace mullion;
using conformance::decode;
using conformance::Site;

namespace {

constexpr const char* coloured = "<body style='margin:0; background:#20c040'><title>coloured</title>";
constexpr std::uint32_t green = 0x20c040;

Result<main::Picture> take(Site& site) {
  auto taking = site.contents().capture_page();
  return site.app.wait(std::move(taking));
}

// False, and the case is skipped, when the backend draws nothing.
bool draws(const Result<main::Picture>& taken) {
  bool not_there = !taken && taken.error().kind == Kind::unimplemented;
  if (not_there) conformance::skip(taken.error().message);
  return !not_there;
}

}  // namespace

TEST_SUITE_BEGIN("script");

TEST_CASE("picture: a page of one colour has that colour at its middle and in its corners") {
  Site site(coloured);
  auto taken = take(site);
  if (!draws(taken)) return;
  REQUIRE_MESSAGE(taken, (taken ? "" : taken.error().message));
  auto pixels = decode(*taken);
  REQUIRE(pixels.width == taken->width);
  REQUIRE(pixels.height == taken->height);
  CHECK(pixels.width == site.window.bounds().width);
  CHECK(pixels.height == site.window.bounds().height);
  CHECK(pixels.at(pixels.width / 2, pixels.height / 2) == green);
  CHECK(pixels.at(0, 0) == green);
  CHECK(pixels.at(pixels.width - 1, pixels.height - 1) == green);
}

TEST_CASE("picture: of an area it shows that area alone") {
  Site site("<body style='margin:0; background:#20c040'><div style='width:50px;height:40px;background:#c02040'></div>");
  auto whole = take(site);
  if (!draws(whole)) return;
  Rectangle area{40, 30, 30, 20};
  auto taking = site.contents().capture_page(area);
  auto taken = site.app.wait(std::move(taking));
  REQUIRE(taken);
  auto pixels = decode(*taken);
  CHECK(pixels.width == 30);
  CHECK(pixels.height == 20);
  CHECK(pixels.at(5, 5) == 0xc02040);
  CHECK(pixels.at(15, 5) == green);
  CHECK(pixels.at(5, 15) == green);
}

TEST_CASE("picture: a hidden window gives one or an error, and shown again it gives one") {
  Site site(coloured);
  site.window.hide();
  auto hidden = take(site);
  if (!draws(hidden)) return;
  CHECK((hidden || hidden.error().code == "capture"));
  site.window.show();
  auto shown = take(site);
  REQUIRE_MESSAGE(shown, (shown ? "" : shown.error().message));
  auto pixels = decode(*shown);
  CHECK(pixels.at(pixels.width / 2, pixels.height / 2) == green);
}

TEST_CASE("picture: a page whose process dies meanwhile, or is dead, gives an error") {
  Site site(coloured);
  auto first = take(site);
  if (!draws(first)) return;
  auto taking = site.contents().capture_page();
  site.contents().forcefully_crash_renderer();
  auto taken = site.app.wait(std::move(taking));
  if (!taken) CHECK((taken.error().code == "crashed" || taken.error().code == "capture"));
  REQUIRE(site.app.until([&] { return site.contents().is_crashed(); }));
  auto dead = take(site);
  REQUIRE_FALSE(dead);
  CHECK(dead.error().code == "crashed");
}

TEST_CASE("picture: a window that goes meanwhile answers destroyed") {
  Site site(coloured);
  std::string code;
  Tasks tasks;
  tasks.spawn([](main::WebContents contents, std::string& code) -> Task<> {
    auto taking = contents.capture_page();
    auto taken = co_await std::move(taking);
    code = taken ? "taken" : taken.error().code;
  }(site.contents(), code));
  if (code == "capture") return conformance::skip("this backend draws nothing");
  site.window.destroy();
  REQUIRE(site.app.until([&] { return !code.empty(); }));
  CHECK(code == "destroyed");
}

TEST_SUITE_END();

const char conformance::picture_cases = 0;
