"""Runs a program with a race in it: ThreadSanitizer must say so. usage: reports_race.py PROGRAM [ARGUMENT...]"""
import sys

import house
import tap

REPORT = tap.Report()
done = house.run(sys.argv[1:], timeout=60)
found = "WARNING: ThreadSanitizer: data race" in done.stderr and done.returncode != 0
REPORT.check("threads: the seeded race is reported", "" if found else done.stderr or f"silent, exit code {done.returncode}")
REPORT.end()
