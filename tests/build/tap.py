"""Reports checks as TAP (Test Anything Protocol), which meson and tools/tally.py read: a line for each."""
import os
from concurrent.futures import ThreadPoolExecutor


class Report:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, problem=""):
        """One check; `problem` is empty when it holds, else what is wrong, in as many lines as it takes."""
        self.count += 1
        self.failed += bool(problem)
        print(f"{'not ok' if problem else 'ok'} {self.count} - {name}", flush=True)
        for line in str(problem).splitlines()[:60] if problem else ():
            print(f"# {line}", flush=True)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def each(self, names, problem_of):
        """A check for each name, worked out side by side and reported in order."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, problem in zip(names, pool.map(problem_of, names)):
                self.check(name, problem)

    def end(self):
        print(f"1..{self.count}", flush=True)
        raise SystemExit(1 if self.failed else 0)
