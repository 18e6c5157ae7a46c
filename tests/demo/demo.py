"""Runs the explorer: on good and wrong files, and with each of its processes killed at moments all along its run."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from tap import Report

EXPLORER = sys.argv[1]
PATIENCE = 60  # seconds that a run may take
PLACE = tempfile.TemporaryDirectory()
os.chmod(PLACE.name, 0o777)  # for runs as another user


def in_session(session):
    """The processes of a session, {pid: command line}; the dead that wait for their parent do not count."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            with open(f"/proc/{entry}/cmdline") as line:
                command = line.read().replace("\0", " ")
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found[int(entry)] = command
    return found


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return condition()


def leftovers():
    """What the runs left where temporary files go: a folder of their own, and shared memory, which is everybody's."""
    return set(os.listdir(PLACE.name)) | {name for name in os.listdir("/dev/shm") if "mullion" in name.lower()}


class Run:
    """The demo in a session of its own."""

    def __init__(self, *arguments, user=None):
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen([EXPLORER, *arguments], stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=subprocess.STDOUT, start_new_session=True, user=user,
                                        env={**os.environ, "TMPDIR": PLACE.name})

    def text(self):
        self.out.seek(0)
        return self.out.read().decode(errors="replace")

    def children(self, role):
        return [pid for pid, command in in_session(self.process.pid).items() if f"--mullion-role={role}" in command]

    def finish(self):
        """What is wrong with how it ended: it hung, or something of it is still there."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.clean_up()
            return f"it hung:\n{self.text()}"
        if wait_until(lambda: not in_session(self.process.pid), 10):
            return ""
        left = in_session(self.process.pid)
        self.clean_up()
        return f"left behind: {left}"

    def clean_up(self):
        for pid in in_session(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


def good(report, name, path):
    run = Run(*path)
    problem = run.finish()
    text = run.text()
    if not problem and (run.process.returncode != 0 or not text.endswith("demo: ok\n")):
        problem = text
    if not problem and "NOT as grep" in text:
        problem = text
    for transport in ("shm", "pipe"):
        if not problem and not re.search(rf"renderer\s+\d+\s+[\d.]+ MB\s+{transport}\b", text):
            problem = f"no renderer over {transport}:\n{text}"
    report.check(name, problem)


def wrong(report, name, path, message, user=None):
    run = Run(path, user=user)
    problem = run.finish()
    text = run.text()
    last = text.rstrip().rsplit("\n", 1)[-1]
    if not problem and (run.process.returncode != 1 or not last.startswith("demo: failed: ") or message not in last):
        problem = f"exit {run.process.returncode}:\n{text}"
    report.check(name, problem)


def killed(report, role, moment):
    """Kills a process of that role `moment` seconds after it is there."""
    run = Run()
    there = lambda: [run.process.pid] if role == "main" else run.children(role)
    wait_until(lambda: there() or run.process.poll() is not None, PATIENCE)
    time.sleep(moment)
    for pid in there()[:1]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    problem = run.finish()
    text = run.text()
    if not problem and role != "main" and not re.search(r"^demo: (ok|failed: .+)$", text, re.M):
        problem = f"it does not say how it went:\n{text}"
    if not problem and run.process.returncode not in ((0, -signal.SIGKILL) if role == "main" else (0, 1)):
        problem = f"exit {run.process.returncode}:\n{text}"
    report.check(f"demo: {role} killed after {moment * 1000:.0f} ms leaves nothing and does not hang", problem)


def main():
    report = Report()
    before = leftovers()
    good(report, "demo: the default texts, on every transport, as grep finds", [])
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)

        def file(name, content, mode=0o644):
            path = os.path.join(folder, name)
            with open(path, "wb") as out:
                out.write(content)
            os.chmod(path, mode)
            return path

        good(report, "demo: one line without its newline", [file("one line", b"the one line")])
        good(report, "demo: bytes that are not UTF-8", [file("latin1", b"the caf\xe9\nwarranty \xff\n" * 500)])
        good(report, "demo: a text of many pieces", [file("large", b"the quick brown fox has no warranty\n" * 700_000)])
        wrong(report, "demo: a missing file", os.path.join(folder, "missing"), "No such file or directory")
        wrong(report, "demo: a directory", folder, "Is a directory")
        wrong(report, "demo: an empty file", file("empty", b""), "Is empty")
        wrong(report, "demo: a NUL byte", file("nul", b"the text\n\0\n"), "a NUL byte at offset 9")
        wrong(report, "demo: a NUL byte far into the file", file("far", b"x" * 20_000_000 + b"\0"), "a NUL byte")
        if os.getuid() == 0:
            wrong(report, "demo: an unreadable file", file("secret", b"the text\n", 0o600), "Permission denied", user=65534)
        else:
            wrong(report, "demo: an unreadable file", file("secret", b"the text\n", 0o000), "Permission denied")
    for role in ("main", "renderer", "utility"):
        for moment in (0, 0.002, 0.01, 0.03, 0.1, 0.3):
            killed(report, role, moment)
    report.check("demo: no file is left behind", "\n".join(sorted(leftovers() - before)))
    report.end()


main()
