"""No full expression awaits with a braced aggregate in it: g++ 12 frees twice what such a temporary owns.

usage: awaits.py BUILD_ROOT, a tree that clang configured (its compile_commands.json is read).
"""
import json
import sys
import tempfile
from pathlib import Path

import house
import tap

REPORT = tap.Report()
BUILD = Path(sys.argv[1])
OURS = 'isExpansionInFileMatching("(^|/)(include/mullion|src|backends|examples|tests|bench|seeded)/")'
MATCHERS = [
    f"match coawaitExpr(hasDescendant(initListExpr()), {OURS})",
    f"match initListExpr(has(coawaitExpr()), {OURS})",
    f"match initListExpr(has(exprWithCleanups(has(coawaitExpr()))), {OURS})",
]
PREAMBLE = """
#include <coroutine>
#include <string>
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    template <class T> void return_value(T) {}
    void unhandled_exception() {}
  };
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  int await_resume() { return 1; }
};
struct Options { std::string path; };
struct Saved { int where; };
Task save(Options);
"""
SEEDED = {
    "an aggregate in the awaited call": ("Task f() { co_await save({.path = \"x\"}); co_return 0; }", True),
    "an await in a braced result": ("Task f() { co_return Saved{.where = co_await save(Options())}; }", True),
    "a named aggregate": ("Task f() { Options o{.path = \"x\"}; co_await save(o); co_return 0; }", False),
}


def query(arguments):
    commands = [part for matcher in MATCHERS for part in ("-c", matcher)]
    return house.run(["clang-query-19", "-c", "set output diag", *commands, *arguments])


def place(hit):
    """"FILE:LINE" of a finding, as the repository names the file."""
    name, line = hit.split(":")[:2]
    path = (BUILD / name).resolve()
    return f"{path.relative_to(house.ROOT) if path.is_relative_to(house.ROOT) else path}:{line}"


def findings(done):
    hits = [f"{place(line)}: awaits with a braced list in the expression; name it on a line before"
            for line in done.stdout.splitlines() if ' note: "root" binds here' in line]
    problems = [line for line in (done.stdout + done.stderr).splitlines() if "error:" in line or "Error" in line]
    return "\n".join(dict.fromkeys(hits + problems))


def seeded(name):
    text, is_wrong = SEEDED[name]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "seeded" / "seeded.cpp"
        source.parent.mkdir()
        source.write_text(PREAMBLE + text)
        done = query([source, "--", house.STANDARD])
    found = ' note: "root" binds here' in done.stdout
    return "" if found == is_wrong and "rror" not in done.stderr else done.stdout + done.stderr or "nothing was found"


def awaits(path):
    return "co_await" in path.read_text(encoding="utf-8", errors="replace")


def compiled():
    units = json.loads((BUILD / "compile_commands.json").read_text())
    return sorted({Path(unit["directory"], unit["file"]).resolve() for unit in units})


def included(source):
    """The headers of ours that a file names."""
    candidates = (house.ROOT / folder / text for _, text in house.includes(source) for folder in ("include", "src"))
    return {path for path in candidates if path.is_file()}


def to_search():
    """The files that await, and for each header that does the first file that includes it."""
    sources = compiled()
    waiting = [source for source in sources if awaits(source)]
    seen = set().union(*map(included, waiting))
    for source in sources:
        fresh = {header for header in included(source) - seen if awaits(header)}
        if fresh:
            waiting.append(source)
            seen |= fresh
    return list(dict.fromkeys(waiting))


for name in SEEDED:
    REPORT.check(f"awaits: seeded: {name}", seeded(name))
REPORT.each([f"awaits: {source.relative_to(house.ROOT)}" for source in to_search()],
            lambda name: findings(query(["-p", BUILD, house.ROOT / name.removeprefix("awaits: ")])))
REPORT.end()
