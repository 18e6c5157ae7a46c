"""What including a role header costs: at most 1.3 times six bare standard headers, in lines and in time.

Time is the user time of the compiler in runs taken in turn with the baseline's. Short noise only ever adds, so the
least of each settles; long noise (a busy neighbour) slows both of a pair alike, so the middle of the pairs' ratios
does. A header is too slow when both say so after RUNS rounds.
"""
import re
import resource
import statistics

import house
import tap

LIMIT = 1.3
RUNS = 15
BASELINE = "".join(f"#include <{name}>\n" for name in ("expected", "functional", "memory", "string", "span", "coroutine"))
BARRED = re.compile(r"/(flatbuffers/\S+|uv\.h|boost/\S+|regex|filesystem|iostream)$")  # in a role header
BARRED_FROM_ALL = re.compile(r"/(uv\.h|boost/\S+|regex|iostream)$")
REPORT = tap.Report()


def gxx(source, *options):
    folders = [f"-I{folder}" for folder in house.PUBLIC]
    return house.run(["g++", house.STANDARD, *folders, "-x", "c++", *options, "-"], input=source)


def lines(source):
    return gxx(source, "-E", "-P").stdout.count("\n")


def user_seconds(source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    gxx(source, "-fsyntax-only")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def opened(source):
    """Every file that the preprocessor opened, or why it could not."""
    done = gxx(source, "-M", "-MT", "x")
    return done.stdout.replace("\\\n", " ").split(), done.stderr if done.returncode else ""


def too_many_lines(source):
    ours, allowed = lines(source), LIMIT * lines(BASELINE)
    return "" if ours <= allowed else f"{ours} lines after preprocessing, {allowed:.0f} are allowed"


def too_slow(source):
    ours, floor = [], []
    for _ in range(RUNS):
        ours.append(user_seconds(source))
        floor.append(user_seconds(BASELINE))
        least = min(ours) / min(floor)
        middle = statistics.median(mine / bare for mine, bare in zip(ours, floor))
        if len(ours) > 2 and min(least, middle) <= LIMIT:
            return ""
    return f"{least:.2f} times the bare headers' compiler time by the least of {RUNS}, {middle:.2f} by the middle; {LIMIT} are allowed"


def barred(source, pattern):
    files, problem = opened(source)
    return problem or "\n".join(sorted(name for name in files if pattern.search(name))[:5])


for role in house.ROLES + ["common"]:
    text = f'#include "mullion/{role}.hpp"\n'
    broken = house.compile_source("g++", text)
    REPORT.check(f"budget: {role}.hpp in lines", broken or too_many_lines(text))
    REPORT.check(f"budget: {role}.hpp in time", broken or too_slow(text))
    REPORT.check(f"budget: {role}.hpp opens no heavy header", barred(text, BARRED))
for header in house.public_headers():
    REPORT.check(f"budget: {header} opens neither uv.h nor Boost nor regex nor iostream",
                 barred(f'#include "{header}"\n', BARRED_FROM_ALL))
REPORT.end()
