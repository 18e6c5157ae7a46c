"""Runs a command with an X server of its own, on a free display number, and ends that server.

usage: with_display.py COMMAND...
"""
import os
import subprocess
import sys
import tempfile


def start_server():
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    if not number:
        sys.exit(f"with_display.py: Xvfb did not start (exit code {server.wait()})")
    return server, f":{number}"


def main(command):
    server, display = start_server()
    try:
        with tempfile.TemporaryDirectory() as home:
            return subprocess.run(command, env={**os.environ, "DISPLAY": display, "HOME": home}).returncode
    finally:
        server.terminate()
        server.wait()


sys.exit(main(sys.argv[1:]))
