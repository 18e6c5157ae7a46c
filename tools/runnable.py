"""Names the tests of a build tree when not all of their programs could be built: those that can run.

usage: runnable.py TREE. Prints nothing when every test can run: `meson test` then needs no names.
"""
import json
import subprocess
import sys
from pathlib import Path

tests = json.loads(subprocess.run(["meson", "introspect", sys.argv[1], "--tests"], capture_output=True, check=True).stdout)
there = [test["name"] for test in tests if Path(test["cmd"][0]).exists()]
if len(there) < len(tests):
    print("\n".join(there))
