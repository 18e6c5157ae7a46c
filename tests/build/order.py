"""The house is in order: what stands where, and what stands in no file."""
import re
from pathlib import PurePosixPath

import house
import tap

REPORT = tap.Report()
FILES = house.tracked()
AT_THE_ROOT = {"README.md", "LICENSE", "meson.build", "meson_options.txt",
               "include", "src", "backends", "examples", "tests", "bench", "tools"}
CATCH_ALLS = {"util", "utils", "helpers", "misc", "common"}
MACHINE_PATH = re.compile(rb"(?<![\w.$}])/(work|farm|home/\w+|root|Users/\w+)/")
UNFINISHED = re.compile(rb"\b(TODO|FIXME|XXX)\b")
SELF = "tests/build/order.py"


def containing(pattern):
    hits = []
    for name in FILES:
        if name != SELF:
            for number, line in enumerate((house.ROOT / name).read_bytes().split(b"\n"), 1):
                if pattern.search(line):
                    hits.append(f"{name}:{number}: {line.decode(errors='replace').strip()}")
    return "\n".join(hits)


def strangers_at_the_root():
    roots = {PurePosixPath(name).parts[0] for name in FILES}
    return "\n".join(sorted(root for root in roots if root not in AT_THE_ROOT and not root.startswith(".")))


def catch_alls():
    return "\n".join(name for name in FILES if CATCH_ALLS & set(PurePosixPath(name).parts[:-1]))


def untested_headers():
    """Public headers of a layer that no test reaches, by itself or through another public header."""
    tests = [name for name in FILES if "tests/" in name and name.endswith((".cpp", ".hpp"))]
    reached, ahead = set(), {text for name in tests for _, text in house.includes(house.ROOT / name)}
    public = {path.relative_to(folder).as_posix(): path for folder in house.PUBLIC for path in folder.rglob("*.hpp")}
    while ahead:
        header = ahead.pop()
        if header in reached or header not in public:
            continue
        reached.add(header)
        ahead |= {text for _, text in house.includes(public[header])}
    return "\n".join(header for header in sorted(public) if header.count("/") > 1 and header not in reached)


REPORT.check("order: nothing stands at the root but what STYLE names", strangers_at_the_root())
REPORT.check("order: no folder for what has no place", catch_alls())
REPORT.check("order: no path of one machine in a file", containing(MACHINE_PATH))
REPORT.check("order: nothing is left unfinished", containing(UNFINISHED))
REPORT.check("order: each public header of a layer is reached by a test", untested_headers())
REPORT.end()
