"""Names the tests of a build tree that can run when not all of their programs could be built.

usage: runnable.py TREE [TEST...]. Without TEST: prints nothing when every test can run, `meson test` then needs no
names. With TEST: prints those of them that can run.
"""
import json
import subprocess
import sys
from pathlib import Path

tree, wanted = sys.argv[1], sys.argv[2:]
tests = json.loads(subprocess.run(["meson", "introspect", tree, "--tests"], capture_output=True, check=True).stdout)
there = [test["name"] for test in tests if Path(test["cmd"][0]).exists()]
if wanted:
    print("\n".join(name for name in wanted if name in there))
elif len(there) < len(tests):
    print("\n".join(there))
