"""Every public header compiles alone, included twice, without exceptions and RTTI, on every compiler."""
import house
import tap

REPORT = tap.Report()
CASES = {f"header alone: {header} ({compiler})": (compiler, header)
         for header in house.public_headers() for compiler in house.COMPILERS}


def problem(name):
    compiler, header = CASES[name]
    return house.compile_source(compiler, f'#include "{header}"\n' * 2, *house.EMBEDDED, *house.WARNINGS)


REPORT.each(list(CASES), problem)
REPORT.end()
