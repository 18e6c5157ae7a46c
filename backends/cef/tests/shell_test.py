"""The shell of examples/shell, as this tree builds it and as a project that has the installed library and a CEF does:
its page has its preload, main is reached, and nothing is left when it has quit.

usage: shell_test.py SHELL SOURCES BUILD_ROOT CEF_ROOT CEF_RUNTIME WRAPPER
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/build"))
import tap  # noqa: E402

REPORT = tap.Report()
SHELL, SOURCES, BUILD, CEF, RUNTIME, WRAPPER = map(Path, sys.argv[1:7])
DISPLAY = [sys.executable, str(ROOT / "tests/conformance/with_display.py")]
SECONDS = 60
PAGE = """<!doctype html><script>
console.log(typeof require)
shell.greet('a page').then(line => { console.log(line); shell.quit() }, error => console.log(error.message))
</script>"""


def added_lines():
    marked = [line for line in (SOURCES / "main.cpp").read_text().splitlines() if line.endswith("// +")]
    own = [line for name in ("program.hpp", "program.cpp") for line in (SOURCES / name).read_text().splitlines() if line]
    return len(marked) + len(own)


def processes_of(program):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and os.readlink(folder / "exe") == str(program):
                found.append(f"{folder.name}: {(folder / 'cmdline').read_bytes().decode().replace(chr(0), ' ')}")
        except OSError:
            continue
    return "\n".join(found)


def runs(program, how):
    with tempfile.TemporaryDirectory(prefix="mullion-shell-") as home:
        (Path(home) / "page.html").write_text(PAGE)
        command = [*DISPLAY, program, f"file://{home}/page.html", "--disable-gpu", "--disable-gpu-shader-disk-cache"]
        done = subprocess.run(command, cwd=home, env={**os.environ, "TMPDIR": home}, capture_output=True, text=True,
                              timeout=SECONDS)
        wrote = done.stdout + done.stderr
        REPORT.check(f"{how}: a page's invoke is answered by main", "" if '"main greets a page"' in wrote else wrote)
        REPORT.check(f"{how}: the preload's world is not the page's", "" if '"undefined"' in wrote else wrote)
        REPORT.check(f"{how}: quit ends it with 0", "" if done.returncode == 0 else f"{done.returncode}\n{wrote}")
        REPORT.check(f"{how}: no process is left", processes_of(program))
        left = sorted(path.name for path in Path(home).iterdir() if path.name != "page.html")
        REPORT.check(f"{how}: nor is a file", "\n".join(left))


def pkg_config(installed, *arguments):
    path = next(installed.rglob("mullion-cef-host.pc")).parent
    return subprocess.run(["pkg-config", *arguments, "mullion-cef-host"], env={**os.environ, "PKG_CONFIG_PATH": path},
                          capture_output=True, text=True, check=True).stdout.split()


def build_outside(folder):
    """By hand, as a CEF program's own build would: its CEF, its wrapper, and what pkg-config says."""
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(folder / "installed")})
    imposed = [flag for flag in pkg_config(folder, "--cflags") if flag.startswith("-f")]
    REPORT.check("shell: the installed library leaves a program's flags alone", " ".join(imposed))
    program = folder / "shell"
    subprocess.run(["g++", "-fno-exceptions", "-fno-rtti", *pkg_config(folder, "--cflags"), "-isystem", CEF,
                    SOURCES / "main.cpp", SOURCES / "program.cpp", "-o", program, *pkg_config(folder, "--libs"),
                    WRAPPER, f"-L{RUNTIME}", "-lcef", f"-Wl,-rpath,{RUNTIME}"], check=True, capture_output=True)
    return program


runs(SHELL.resolve(), "shell")
REPORT.check("shell: under 60 lines were added", "" if added_lines() < 60 else f"{added_lines()}")
with tempfile.TemporaryDirectory(prefix="mullion-consume-") as folder:
    try:
        runs(build_outside(Path(folder)), "shell, from the installed library")
    except subprocess.CalledProcessError as broken:
        REPORT.check("shell: it builds from the installed library", f"{broken}\n{broken.stderr}")
REPORT.end()
