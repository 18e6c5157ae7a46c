"""Counts test cases in the log of a `meson test`: "PASSED FAILED SKIPPED" on stdout, what failed and why on stderr.

usage: tally.py [--whole] LOG.json

A doctest executable counts its cases, a script that speaks TAP its checks, anything else one. With --whole every
executable counts one: for a second run of the same cases in another build.
"""
import json
import re
import sys

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|(?:\s*(\d+) skipped)?")
TAP = re.compile(r"^(not )?ok\b(?: \d+)?(?: - )?(.*?)(# SKIP.*)?\n((?:#.*\n)*)", re.MULTILINE | re.IGNORECASE)
REASON_LINES = 12


def whole(test):
    """A test as one case: how many passed, what failed, how many were skipped."""
    if test["result"] == "SKIP":
        return 0, [], 1
    passed = test["result"] in ("OK", "EXPECTEDFAIL")
    return (1, [], 0) if passed else (0, [test["result"].lower()], 0)


def doctest_cases(output):
    summaries = DOCTEST.findall(output)
    if not summaries:
        return None
    _, passed, failed, skipped = (int(number or 0) for number in summaries[-1])
    names = list(dict.fromkeys(re.findall(r"^TEST CASE:\s*(.*)$", output, re.MULTILINE)))[:failed] if failed else []
    return passed, names + ["a case"] * (failed - len(names)), skipped


def reasoned(name, reason):
    lines = reason.splitlines()
    return "\n".join([name.strip(), *("    " + line for line in lines[:REASON_LINES])])


def tap_checks(output):
    checks = TAP.findall(output)
    if not checks:
        return None
    failed = [reasoned(name, reason) for bad, name, _, reason in checks if bad]
    skipped = sum(bool(skip) for bad, _, skip, _ in checks if not bad)
    return len(checks) - len(failed) - skipped, failed, skipped


def count(test, as_whole):
    output = test.get("stdout", "")
    cases = None if as_whole else doctest_cases(output) or tap_checks(output)
    if cases and not cases[1]:
        return cases[0], whole(test)[1], cases[2]
    return cases or whole(test)


def main():
    *options, log = sys.argv[1:]
    passed = failed = skipped = 0
    for line in open(log, encoding="utf-8", errors="replace"):
        test = json.loads(line)
        ok, bad, left_out = count(test, "--whole" in options)
        passed, failed, skipped = passed + ok, failed + len(bad), skipped + left_out
        family = test["name"].split(" / ")[-1]
        for name in bad:
            print("  failed:", name if name.startswith(family) else f"{family}: {name}", file=sys.stderr)
    print(passed, failed, skipped)


main()
