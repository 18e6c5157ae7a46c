"""The tree and its compilers, as the checks beside it see them."""
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ["base", "transport", "node", "ipc", "script", "process"]  # lowest first
ROLES = ["main", "preload", "renderer", "utility"]
STANDARD = "-std=c++23"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
EMBEDDED = ["-fno-exceptions", "-fno-rtti"]  # as CEF applications are built
COMPILERS = [compiler for compiler in ("g++", "clang++-19") if shutil.which(compiler)]
PUBLIC = [ROOT / "include", *sorted(ROOT.glob("backends/*/include")), ROOT / "tests/conformance/include"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def tracked():
    """Every file of the tree, as git knows it, or as it lies there when this is not a clone."""
    listing = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listing.returncode == 0:
        return [name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    files = (path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file())
    return sorted(name for name in files if not re.match(r"(build[-/]|\.git/)", name))


def all_public_headers():
    return sorted(path.relative_to(folder).as_posix() for folder in PUBLIC for path in folder.rglob("*.hpp"))


def public_headers():
    """As a user writes them: "mullion/ipc/port.hpp"."""
    return [header for header in all_public_headers() if not header.startswith("mullion/cef/")]


def embedding_headers():
    """Those for programs that have CEF's headers."""
    return [header for header in all_public_headers() if header.startswith("mullion/cef/")]


def includes(path):
    """What a file includes: pairs of the bracket and the name."""
    return INCLUDE.findall(Path(path).read_text(encoding="utf-8"))


def run(command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace", **options)


def compile_source(compiler, source, *options):
    """Compiles a text and keeps nothing; empty when that went well, else what the compiler said."""
    folders = [f"-I{folder}" for folder in PUBLIC]
    command = [compiler, STANDARD, *options, *folders, "-x", "c++", "-fsyntax-only", "-"]
    done = run(command, input=source)
    return "" if done.returncode == 0 else done.stderr or f"{compiler} ended with {done.returncode}"
