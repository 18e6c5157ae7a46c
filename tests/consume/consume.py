"""Builds the first program of a user against Mullion in each way there is, runs it and reads what it prints.

usage: consume.py BUILD_ROOT, a tree whose libraries are built; it is installed beside itself first.
"""
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "build"))
import house  # noqa: E402
import tap  # noqa: E402

REPORT = tap.Report()
BUILD = Path(sys.argv[1]).resolve()
WORK = BUILD / "consume"
INSTALLED = WORK / "installed"
PROGRAM = Path(__file__).resolve().parent / "first"
MODULE = "libmullion-headless-page.so"
READ = Path("/usr/share/common-licenses/GPL-3")
SECONDS = 60
COMPILER = ("ccache " if shutil.which("ccache") else "") + "g++"
FLATC = ["flatc", "--cpp", "--gen-object-api", "--reflect-names", "-o"]
WRAP = """[wrap-git]
directory = mullion
url = https://example.org/mullion.git
revision = head

[provide]
dependency_names = mullion, mullion-headless
"""


class Broken(Exception):
    pass


def must(command, **options):
    done = house.run(command, **options)
    if done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def must_fail(command, **options):
    done = house.run(command, env=environment(), **options)
    if done.returncode == 0:
        raise Broken(f"{command[0]} does not fail")
    return done.stdout + done.stderr


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if name not in ("CXXFLAGS", "LDFLAGS", "DESTDIR")}
    return {**clean, "CXX": COMPILER, **more}


def installed():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    must(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], env=environment(DESTDIR=str(INSTALLED)))


def found(name):
    hits = sorted(INSTALLED.rglob(name))
    if not hits:
        raise Broken(f"{name} was not installed")
    return hits[0]


def pkg_config(*arguments):
    path = str(found("mullion.pc").parent)
    return must(["pkg-config", *arguments], env=environment(PKG_CONFIG_PATH=path)).split()


def with_meson():
    folder = WORK / "meson"
    env = environment(PKG_CONFIG_PATH=str(found("mullion.pc").parent))
    must(["meson", "setup", folder, PROGRAM, "-Doptimization=0", "-Ddebug=false"], env=env)
    must(["ninja", "-C", folder])
    return folder


def with_subproject():
    source, folder = WORK / "subproject", WORK / "subproject" / "build"
    shutil.copytree(PROGRAM, source)
    (source / "subprojects").mkdir()
    (source / "subprojects" / "mullion.wrap").write_text(WRAP)
    (source / "subprojects" / "mullion").symlink_to(house.ROOT)
    must(["meson", "setup", folder, source, "-Doptimization=0", "-Ddebug=false", "--force-fallback-for=mullion,mullion-headless"],
         env=environment())
    must(["ninja", "-C", folder, "first", "plain"])
    return folder


def with_cmake():
    folder = WORK / "cmake"
    prefix = found("mullionConfig.cmake").parents[4]
    env = environment()
    env.pop("PKG_CONFIG_PATH", None)
    must(["cmake", "-G", "Ninja", "-S", PROGRAM, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}"],
         env={**env, "CXX": "g++", "CMAKE_CXX_COMPILER_LAUNCHER": "ccache"} if " " in COMPILER else env)
    must(["ninja", "-C", folder])
    return folder


def with_one_line():
    folder = WORK / "line"
    folder.mkdir()
    must([*FLATC, folder, PROGRAM / "explorer.fbs"])
    must([*COMPILER.split(), PROGRAM / "plain.cpp", "-o", folder / "plain", *pkg_config("--cflags", "--libs", "mullion")])
    must([*COMPILER.split(), PROGRAM / "main.cpp", PROGRAM / "preload.cpp", f"-I{folder}", "-o", folder / "first",
          *pkg_config("--cflags", "--libs", "mullion-headless")])
    return folder


def runs_the_kit():
    """A backend outside this repository, built against the installed kit with pkg-config, passes its cases."""
    source, program = house.ROOT / "examples" / "terminal", WORK / "conformance"
    must([*COMPILER.split(), source / "conformance.cpp", source / "terminal.cpp", "-o", program,
          *pkg_config("--cflags", "--libs", "mullion-conformance")])
    tally = must([program], timeout=SECONDS).splitlines()[-1]
    found_cases = re.fullmatch(r"# terminal: (\d+) passed, 0 failed, \d+ skipped", tally)
    return "" if found_cases and int(found_cases[1]) > 10 else f"it said {tally!r}"


def lines_of(process, deadline):
    """What the program prints, line by line, until it ends or the time is up."""
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
    rest = b""
    while (left := deadline - time.monotonic()) > 0 and selector.select(left):
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            return
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)


def group_is_gone(group, deadline):
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def shows_the_page(program, modules):
    """The page's line appears, and ending the program leaves no process behind."""
    wanted = f"GPL-3: {READ.stat().st_size} bytes"
    process = subprocess.Popen([program], cwd=PROGRAM, env=environment(**modules), start_new_session=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seen = []
    try:
        for line in lines_of(process, time.monotonic() + SECONDS):
            seen.append(line)
            if wanted in line:
                break
        else:
            return f"{program.name} never printed {wanted!r}, but:\n" + "\n".join(seen[-20:])
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        return "" if group_is_gone(process.pid, time.monotonic() + 5) else "a process outlived the program"
    except subprocess.TimeoutExpired:
        return f"{program.name} does not end on SIGTERM"
    finally:
        process.stdout.close()
        end(process)


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def runs_plain(program):
    printed = must([program], timeout=SECONDS)
    linked = re.findall(r"\S*(?:javascriptcore|gumbo|webkit|gtk)\S*", must(["ldd", program]))
    if "plain: one turn" not in printed:
        return f"it printed {printed!r}"
    return f"a program without a window is linked with {linked}" if linked else ""


def names_what_it_needs():
    cflags, libraries = pkg_config("--cflags", "mullion-headless"), pkg_config("--libs", "mullion-headless")
    problems = [flag for flag in (house.STANDARD,) if flag not in cflags]
    problems += [flag for flag in ("-lmullion", "-luv") if flag not in libraries]
    problems += [flag + " (not wanted)" for flag in libraries if "flatbuffers" in flag]
    return "\n".join(problems)


def knows_its_module():
    """The installed backend looks where its module is installed to, and knows nothing of the tree it was built in.

    What is staged does not lie there, so that the program says where it looked.
    """
    place = "/" + found(MODULE).relative_to(INSTALLED).as_posix()
    if Path(place).exists():
        raise Broken(f"this machine has a {place}: nothing can be told")
    said = must_fail([WORK / "line" / "first"], cwd=PROGRAM, timeout=SECONDS)
    problems = [] if place in said else [f"it does not look for {place}, but says:", said]
    text = found("libmullion-headless.a").read_bytes()
    problems += [f"it names {house.ROOT}"] if str(house.ROOT).encode() in text else []
    return "\n".join(problems)


def consumed(name):
    """What is staged under DESTDIR is told where its module came to lie; what is built in place finds it."""
    build, staged = WAYS[name]
    try:
        folder = build()
        modules = {"MULLION_MODULE_DIR": str(found(MODULE).parent)} if staged else {}
        return runs_plain(folder / "plain") or shows_the_page(folder / "first", modules)
    except Broken as broken:
        return str(broken)


def checked(name, problem):
    try:
        REPORT.check(name, problem())
    except Broken as broken:
        REPORT.check(name, broken)


WAYS = {
    "consume: meson, from the installed library": (with_meson, True),
    "consume: CMake, from the installed library": (with_cmake, True),
    "consume: one line with pkg-config": (with_one_line, True),
    "consume: meson, as a subproject": (with_subproject, False),
}
checked("consume: it installs", installed)
checked("consume: what is installed names what it needs", names_what_it_needs)
REPORT.each(list(WAYS), consumed)
checked("consume: a backend of somebody else's runs the conformance kit", runs_the_kit)
checked("consume: the backend looks for its module where that was installed", knows_its_module)
REPORT.end()
