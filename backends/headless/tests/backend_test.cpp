// The two halves of the backend, joined by a loop instead of two processes.
#include "browser.hpp"
#include "headless/module.hpp"
#include "headless/renderer.hpp"
#include "headless/view.hpp"

extern "C" mullion::headless::MakeRenderer mullion_headless_make_renderer;

namespace mullion::headless {
namespace {

class Joined;

class MainSide final : public backend::ViewHost {
 public:
  explicit MainSide(Joined& joined) : joined_(joined) {}
  Loop& loop() override;
  Result<> start_renderer(Isolation) override;
  bool renderer_running() const override;
  Result<> post(Value message) override;
  void did_start_loading() override { add("started"); }
  void did_navigate(std::string url) override { add("navigated " + url); }
  void dom_ready() override { add("dom-ready"); }
  void did_finish_load() override { add("finished"); }
  void did_fail_load(backend::LoadFailure failure) override {
    add("failed " + std::to_string(failure.code) + " " + failure.description + " " + failure.url);
  }
  void did_stop_loading() override { add("stopped"); }
  void title_updated(std::string title) override { add("title " + title); }
  void console_message(backend::ConsoleMessage message) override {
    add("console " + std::to_string(static_cast<int>(message.level)) + " " + message.message + " " +
        message.source.substr(message.source.rfind('/') + 1) + ":" + std::to_string(message.line));
  }
  void close_requested() override { add("close"); }
  std::string introduction(std::string_view) override { return ""; }
  std::string sub_frame_introduction() override { return ""; }
  void sub_frame_navigated(std::string_view, std::string) override {}
  void sub_frame_gone(std::string_view) override {}
  void render_process_gone(std::string, int) override {}
  void window_changed() override {}
  void painted(const backend::Paint&) override {}
  void dev_tools_changed(bool) override {}

 private:
  void add(std::string line);
  Joined& joined_;
};

class FrameSide final : public backend::Frame {
 public:
  explicit FrameSide(std::string& worlds) : worlds(worlds) {}
  Result<> context_created(backend::World world, script::Context&, std::string_view) override {
    worlds += world == backend::World::main ? "main " : "isolated ";
    return {};
  }
  void contexts_released() override { worlds += "released "; }
  Result<renderer::Page*> page_created(std::string_view) override { return nullptr; }
  void page_released() override {}

 private:
  std::string& worlds;
};

class RendererSide final : public backend::RendererHost {
 public:
  explicit RendererSide(Joined& joined) : joined_(joined) {}
  Loop& loop() override;
  Result<> post(Value message) override;
  Result<std::unique_ptr<backend::Frame>> create_frame(std::string_view, std::string_view) override {
    return std::make_unique<FrameSide>(worlds);
  }
  void fetch_app_resource(std::string_view url, AppResourceAnswer answer) override;

  std::string worlds;

 private:
  Joined& joined_;
};

class Joined {
 public:
  Joined() : loop(std::move(*Loop::create())) {}

  bool wait_for(std::string_view line) {
    Timer deadline(*loop, 20'000, [&] { loop->stop(); });
    Timer often(
        *loop, 0,
        [&] {
          if (saw(line)) loop->stop();
        },
        1);
    (void)loop->run();
    return saw(line);
  }
  bool saw(std::string_view line) const { return std::find(lines.begin(), lines.end(), line) != lines.end(); }
  std::string all() const {
    std::string out;
    for (const auto& line : lines) out += line + "\n";
    return out;
  }

  Folder folder;
  std::unique_ptr<Loop> loop;
  MainSide main{*this};
  RendererSide renderer_side{*this};
  View view{main, Isolation::isolated};
  std::unique_ptr<backend::Renderer> renderer;
  std::vector<std::string> lines;
};

void MainSide::add(std::string line) { joined_.lines.push_back(std::move(line)); }
Loop& MainSide::loop() { return *joined_.loop; }
bool MainSide::renderer_running() const { return joined_.renderer != nullptr; }

Result<> MainSide::start_renderer(Isolation) {
  Result<std::unique_ptr<backend::Renderer>> made;
  mullion_headless_make_renderer(joined_.renderer_side, made);
  if (!made) return std::unexpected(made.error());
  joined_.renderer = std::move(*made);
  add("renderer");
  return {};
}

Result<> MainSide::post(Value message) {
  if (!joined_.renderer) return std::unexpected(Error{.kind = Kind::disconnected});
  return joined_.loop->post([this, message = *mullion::decode(encode(message))] {
    if (joined_.renderer) joined_.renderer->on_message(message);
  });
}

Loop& RendererSide::loop() { return *joined_.loop; }

Result<> RendererSide::post(Value message) {
  return joined_.loop->post([this, message = *mullion::decode(encode(message))] { joined_.view.on_message(message); });
}

void RendererSide::fetch_app_resource(std::string_view url, AppResourceAnswer answer) {
  (void)joined_.loop->post([url = std::string(url), answer = std::move(answer)]() mutable {
    if (url == "app://test/denied") return answer(std::unexpected(Error{.kind = Kind::denied}));
    if (url == "app://test/named") return answer(std::unexpected(Error{.code = "ERR_FILE_TOO_BIG"}));
    if (url != "app://test/x.html") return answer(std::unexpected(Error{.code = "ENOENT"}));
    std::string_view text = "<title>App</title>";
    auto bytes = std::as_bytes(std::span(text));
    answer(backend::AppResource{.bytes = {bytes.begin(), bytes.end()}, .mime_type = "text/html"});
  });
}

}  // namespace

TEST_CASE("backend: the first load starts the renderer, and what becomes of it reaches the host") {
  Joined joined;
  CHECK_FALSE(joined.main.renderer_running());
  auto url = joined.folder.write("a.html", "<title>A</title><script>\nconsole.warn('w'); close()</script>");
  CHECK(joined.view.load(url));
  CHECK(joined.wait_for("stopped"));
  CHECK(joined.all() == "renderer\nstarted\nnavigated " + url +
                            "\ntitle A\nconsole 2 w a.html:2\nclose\ndom-ready\nfinished\nstopped\n");
  CHECK(joined.renderer_side.worlds == "main isolated ");
}

TEST_CASE("backend: failures keep their code, name and URL") {
  Joined joined;
  CHECK(joined.view.load("app://test/none.html"));
  CHECK(joined.wait_for("failed -6 ERR_FILE_NOT_FOUND app://test/none.html"));
  CHECK(joined.view.load("app://test/denied"));
  CHECK(joined.wait_for("failed -10 ERR_ACCESS_DENIED app://test/denied"));
  CHECK(joined.view.load("app://test/named"));
  CHECK(joined.wait_for("failed -8 ERR_FILE_TOO_BIG app://test/named"));
  CHECK(joined.view.load("app://test/x.html?q#f"));
  CHECK(joined.wait_for("failed -6 ERR_FILE_NOT_FOUND app://test/x.html?q#f"));
  CHECK(joined.view.load("app://test/x.html#f"));
  CHECK(joined.wait_for("title App"));
}

TEST_CASE("backend: a load that another took the place of is not reported") {
  Joined joined;
  CHECK(joined.view.load("about:blank#1"));
  CHECK(joined.view.load("about:blank#2"));
  CHECK(joined.wait_for("stopped"));
  CHECK(joined.all() == "renderer\nstarted\nnavigated about:blank#2\ndom-ready\nfinished\nstopped\n");
}

TEST_CASE("backend: reload loads again, also after the renderer is gone") {
  Joined joined;
  auto url = joined.folder.write("a.html", "<script>console.log('run')</script>");
  CHECK(joined.view.load(url));
  CHECK(joined.wait_for("stopped"));
  joined.lines.clear();
  CHECK(joined.view.reload());
  CHECK(joined.wait_for("stopped"));
  CHECK(joined.saw("console 1 run a.html:1"));
  joined.lines.clear();
  joined.renderer.reset();
  joined.view.renderer_gone();
  CHECK(joined.view.reload());
  CHECK(joined.wait_for("stopped"));
  CHECK(joined.saw("renderer"));
  CHECK(joined.saw("console 1 run a.html:1"));
}

TEST_CASE("backend: the page is asked whether it may go, and a renderer that is gone does not object") {
  Joined joined;
  std::string answers;
  auto answer = [&](bool go) { answers += go ? "go " : "stay "; };
  joined.view.before_unload(answer);
  CHECK(answers == "go ");
  CHECK(joined.view.load(joined.folder.write("a.html", "<script>onbeforeunload = () => false</script>")));
  CHECK(joined.wait_for("stopped"));
  joined.view.before_unload([&](bool go) {
    answer(go);
    joined.lines.push_back("answered");
  });
  CHECK(joined.wait_for("answered"));
  CHECK(answers == "go stay ");
  joined.view.before_unload(answer);
  joined.renderer.reset();
  joined.view.renderer_gone();
  CHECK(answers == "go stay go ");
}

TEST_CASE("backend: a page that may go hears unload before the answer is given") {
  Joined joined;
  CHECK(joined.view.load(joined.folder.write("a.html", "<script>onunload = () => console.log('unload')</script>")));
  CHECK(joined.wait_for("stopped"));
  joined.view.before_unload([&](bool go) { joined.lines.push_back(go ? "go" : "stay"); });
  CHECK(joined.wait_for("go"));
  CHECK(joined.all().ends_with("stopped\nconsole 1 unload a.html:1\ngo\n"));
  CHECK(joined.renderer_side.worlds == "main isolated released ");
}

TEST_CASE("backend: a view takes nothing a hostile renderer says for more than it is") {
  Joined joined;
  for (const Value& message :
       {Value(), Value(5), Value::array({1}), Value{{"told", 5}}, Value{{"told", "what"}}, Value{{"told", "failed"}},
        Value{{"told", "stopped"}, {"load", "0"}}, Value{{"told", "may-unload"}, {"ask", -1}, {"go", true}},
        Value{{"told", "may-unload"}, {"ask", 1e300}}, Value{{"told", "finished"}, {"load", 7}}})
    joined.view.on_message(message);
  CHECK(joined.all() == "");
  joined.view.on_message(Value{{"told", "console"}, {"level", 1e300}, {"line", -1e300}, {"text", 5}, {"url", nullptr}});
  joined.view.on_message(Value{{"told", "console"}, {"level", 0.0 / 1}, {"line", 1e300}, {"text", "t"}});
  CHECK(joined.all() == "console 1  :0\nconsole 0 t :0\n");
}

}  // namespace mullion::headless
