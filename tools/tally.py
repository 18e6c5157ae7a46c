"""Counts test cases in the logs of `meson test`: prints "PASSED FAILED SKIPPED" on stdout, what failed on stderr.

usage: tally.py [--whole] LOG.json

A doctest executable counts its cases, a script that speaks TAP its checks, anything else one. With --whole every
executable counts one: for a second run of the same cases in another build.
"""
import json
import re
import sys

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|(?:\s*(\d+) skipped)?")
TAP = re.compile(r"^(not )?ok\b(?: \d+)?(?: - )?(.*?)(# SKIP.*)?$", re.MULTILINE | re.IGNORECASE)


def whole(test):
    if test["result"] == "SKIP":
        return 0, [], 1
    passed = test["result"] in ("OK", "EXPECTEDFAIL")
    return (1, [], 0) if passed else (0, [test["result"].lower()], 0)


def doctest_cases(test):
    summaries = DOCTEST.findall(test.get("stdout", ""))
    if not summaries:
        return None
    _, passed, failed, skipped = (int(number or 0) for number in summaries[-1])
    cases = re.findall(r"^TEST CASE:\s*(.*)$", test["stdout"], re.MULTILINE) if failed else []
    names = list(dict.fromkeys(cases))[:failed]
    return passed, names + ["a case"] * (failed - len(names)), skipped


def tap_checks(test):
    lines = [line for line in TAP.findall(test.get("stdout", ""))]
    if not lines:
        return None
    failed = [name for bad, name, skip in lines if bad]
    skipped = sum(bool(skip) for bad, name, skip in lines if not bad)
    return len(lines) - len(failed) - skipped, failed, skipped


def count(test, as_whole):
    cases = None if as_whole else doctest_cases(test) or tap_checks(test)
    passed, failed, skipped = cases or whole(test)
    if cases and not failed and whole(test)[1]:
        failed = [test["result"].lower()]
    return passed, failed, skipped


def main():
    *options, log = sys.argv[1:]
    passed = failed = skipped = 0
    for line in open(log, encoding="utf-8", errors="replace"):
        test = json.loads(line)
        ok, bad, left_out = count(test, "--whole" in options)
        passed, failed, skipped = passed + ok, failed + len(bad), skipped + left_out
        for name in bad:
            print(f"  failed: {test['name']}: {name}", file=sys.stderr)
    print(passed, failed, skipped)


main()
