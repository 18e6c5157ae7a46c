"""Every public header compiles alone, included twice, without exceptions and RTTI, on every compiler.

usage: headers.py [CEF_ROOT], with which those for CEF programs do, and open no heavy header.
"""
import re
import sys

import house
import tap

REPORT = tap.Report()
CASES = {f"header alone: {header} ({compiler})": (compiler, header)
         for header in house.public_headers() for compiler in house.COMPILERS}


def problem(name):
    compiler, header = CASES[name]
    return house.compile_source(compiler, f'#include "{header}"\n' * 2, *house.EMBEDDED, *house.WARNINGS)


def embedding_problem(name):
    compiler, header = EMBEDDING[name]
    text = f'#include "{header}"\n' * 2
    broken = house.compile_source(compiler, text, *house.EMBEDDED, *house.WARNINGS, *CEF)
    folders = [f"-I{folder}" for folder in house.PUBLIC]
    opened = house.run([compiler, house.STANDARD, *folders, *CEF, "-x", "c++", "-M", "-"], input=text).stdout.split()
    return broken or "\n".join(name for name in opened if HEAVY.search(name))


HEAVY = re.compile(r"/(flatbuffers/\S+|uv\.h|boost/\S+|regex|iostream|glib\.h)$")
CEF = ["-isystem", sys.argv[1]] if len(sys.argv) > 1 else []
EMBEDDING = {f"header alone, in a CEF program: {header} ({compiler})": (compiler, header)
             for header in house.embedding_headers() for compiler in house.COMPILERS}

REPORT.each(list(EMBEDDING), embedding_problem) if CEF else REPORT.each(list(CASES), problem)
REPORT.end()
