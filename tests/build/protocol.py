"""The wire protocol stays readable by older builds: `flatc --conform` against the schemas of each release.

A release copies src/protocol/*.fbs to tests/build/protocol/VERSION/; nothing there is edited afterwards.
"""
import tempfile
from pathlib import Path

import house
import tap

REPORT = tap.Report()
SCHEMAS = house.ROOT / "src/protocol"
RELEASES = house.ROOT / "tests/build/protocol"


def conforms(schema, released):
    done = house.run(["flatc", "--conform", released, "-I", SCHEMAS, schema])
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"flatc ended with {done.returncode}"


def judge(schema, released):
    if not schema.is_file():
        return f"{released.name} was released and is gone"
    return conforms(schema, released)


def verdict(before, after):
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "old.fbs", Path(folder) / "new.fbs"
        old.write_text(f"table Hello {{ {before} }}")
        new.write_text(f"table Hello {{ {after} }}")
        return conforms(new, old)


for schema in sorted(SCHEMAS.glob("*.fbs")):
    parsed = house.run(["flatc", "--conform", schema, "-I", SCHEMAS, schema])
    REPORT.check(f"protocol: {schema.name} conforms to itself", "" if parsed.returncode == 0 else parsed.stdout)
for released in sorted(RELEASES.glob("*/*.fbs")):
    REPORT.check(f"protocol: {released.name} can be read by {released.parent.name}",
                 judge(SCHEMAS / released.name, released))
REPORT.check("protocol: a field that is appended conforms", verdict("a: int;", "a: int; b: string;"))
REPORT.check("protocol: a field that is retyped is refused",
             "" if verdict("a: int; b: int;", "a: int; b: string;") else "flatc let it pass")
REPORT.end()
