// Windows with other pages in them, as they are on the screen: each step is a line of TAP.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "mullion/backends/cef.hpp"
#include "mullion/main.hpp"
#include "screen.hpp"
#include "steps.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::uint32_t green = 0x20c040, red = 0xc02040, blue = 0x2040c0, black = 0;

std::string page(std::string_view colour, std::string_view script = "") {
  return "data:text/html,<body style='margin:0;background:%23" + std::string(colour) + "'><script>" +
         std::string(script) + "</script>";
}

struct Story {
  std::string folder;
  main::App& app;

  Task<bool> shows(int x, int y, std::uint32_t colour) {
    auto seen = until(app.loop(), [this, x, y, colour] { return colour_at(folder, x, y) == colour; });
    co_return co_await std::move(seen);
  }
  Task<Result<>> tell();
  Task<Result<>> areas(main::BrowserWindow window, main::WebContentsView view);
  Task<Result<>> input(main::WebContentsView view);
  Task<Result<>> another_window(main::WebContentsView view);
  void keep_screen(const char* variable) const;
};

void Story::keep_screen(const char* variable) const {
  std::error_code error;
  if (const char* keep = std::getenv(variable))
    std::filesystem::copy_file(screen_file(folder), keep, std::filesystem::copy_options::overwrite_existing, error);
}

Task<Result<>> Story::tell() {
  main::BrowserWindowOptions options{.title = "With a view", .width = 400, .height = 300, .x = 100, .y = 50};
  auto window = main::BrowserWindow::create(app, options);
  if (!window) co_return std::unexpected(window.error());
  auto view = main::WebContentsView::create(app);
  if (!view) co_return std::unexpected(view.error());
  auto loading = window->load_url(page("20c040"));
  auto loaded = co_await std::move(loading);
  auto loading_view = view->web_contents().load_url(page("c02040"));
  auto loaded_view = co_await std::move(loading_view);
  check(loaded && loaded_view, "a window and a view in no window load");
  auto areas_told = areas(*window, *view);
  if (auto told = co_await std::move(areas_told); !told) co_return told;
  auto input_told = input(*view);
  if (auto told = co_await std::move(input_told); !told) co_return told;
  auto moved_told = another_window(*view);
  if (auto told = co_await std::move(moved_told); !told) co_return told;
  window->destroy();
  co_return Result<>{};
}

Task<Result<>> Story::areas(main::BrowserWindow window, main::WebContentsView view) {
  if (auto added = window.add_child_view(view); !added) co_return added;
  if (auto placed = view.set_bounds({200, 100, 150, 80}); !placed) co_return placed;
  auto drawn = shows(100 + 275, 50 + 140, red);
  check(co_await std::move(drawn), "a child view is drawn at its middle");
  bool inside = colour_at(folder, 301, 151) == red && colour_at(folder, 448, 228) == red;
  check(inside, "and in its corners");
  bool outside = colour_at(folder, 298, 190) == green && colour_at(folder, 452, 190) == green &&
                 colour_at(folder, 375, 148) == green && colour_at(folder, 375, 232) == green;
  check(outside, "and around it the window's page is");
  keep_screen("MULLION_TEST_VIEW_SCREEN");
  if (auto placed = view.set_bounds({0, 0, 50, 300}); !placed) co_return placed;
  auto moved = shows(110, 60, red);
  auto uncovered = shows(375, 190, green);
  check(co_await std::move(moved) && co_await std::move(uncovered), "moved, it is drawn there, and what it hid");
  view.set_visible(false);
  auto hidden = shows(110, 60, green);
  check(co_await std::move(hidden), "hidden, it is not");
  view.set_visible(true);
  auto shown = shows(110, 60, red);
  check(co_await std::move(shown), "shown, it is again");
  if (auto sized = window.set_bounds({100, 50, 500, 400}); !sized) co_return sized;
  auto grown = shows(580, 430, green);
  check(co_await std::move(grown), "the window's page grows with the window");
  check(colour_at(folder, 110, 340) == red && colour_at(folder, 110, 360) == green, "and the view does not");
  co_return Result<>{};
}

Task<Result<>> Story::input(main::WebContentsView view) {
  auto contents = view.web_contents();
  auto loading =
      contents.load_url(page("c02040", "onmousedown = () => { document.body.style.background = '%232040c0' }"));
  if (auto loaded = co_await std::move(loading); !loaded) co_return loaded;
  auto red_again = shows(110, 60, red);
  check(co_await std::move(red_again), "a view loads another page");
  click(120, 100);
  auto clicked = shows(110, 60, blue);
  check(co_await std::move(clicked), "a click on the screen reaches the view that is there");
  co_return Result<>{};
}

Task<Result<>> Story::another_window(main::WebContentsView view) {
  main::BrowserWindowOptions options{.title = "Second", .width = 200, .height = 200, .x = 700, .y = 400};
  auto second = main::BrowserWindow::create(app, options);
  if (!second) co_return std::unexpected(second.error());
  auto loading = second->load_url(page("20c040"));
  if (auto loaded = co_await std::move(loading); !loaded) co_return loaded;
  if (auto added = second->add_child_view(view); !added) co_return added;
  auto there = shows(710, 410, blue);
  auto gone = shows(110, 60, green);
  check(co_await std::move(there) && co_await std::move(gone), "a view that moves to another window is drawn there");
  second->destroy();
  auto closed = shows(710, 410, black);
  check(co_await std::move(closed) && view.is_destroyed(), "and goes with that");
  co_return Result<>{};
}

int run_story(int argc, char** argv) {
  Options options{.sandbox = geteuid() != 0, .work = with_own_thread() ? Work::on_thread : Work::on_loop};
  return run(argc, argv,
             {.main = [](main::App& app) -> Task<Result<>> {
                auto story = std::make_shared<Story>(std::getenv("TMPDIR"), app);
                auto told = story->tell();
                co_return co_await std::move(told);
              },
              .backends = {backend(options)}});
}

int run_test() {
  return run_steps([](const Home&) { retell("story", "the program quits with its last window"); });
}

}  // namespace
}  // namespace mullion::cef::test

// Role "story" is the program that the test looks at.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  return is_started_by_chromium(argc, argv) || role() == "story" ? run_story(argc, argv) : run_test();
}
