"""Clicks on the screen that DISPLAY names, as a user would: X's own XTEST, spoken to the server's socket.

usage: click.py X Y
"""
import os
import socket
import struct
import sys

MOTION, PRESS, RELEASE = 6, 4, 5


def read(server, size):
    data = b""
    while len(data) < size:
        part = server.recv(size - len(data))
        if not part:
            sys.exit("click.py: the X server hung up")
        data += part
    return data


def connect():
    server = socket.socket(socket.AF_UNIX)
    number = os.environ["DISPLAY"].split(":")[1].split(".")[0]
    server.connect(f"/tmp/.X11-unix/X{number}")
    server.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
    accepted, words = struct.unpack("<BxxxxxH", read(server, 8))
    read(server, 4 * words)
    if accepted != 1:
        sys.exit("click.py: the X server refuses")
    return server


def xtest(server):
    name = b"XTEST"
    server.sendall(struct.pack("<BxHHxx8s", 98, 4, len(name), name))
    present, opcode = struct.unpack("<8xBB22x", read(server, 32))
    return opcode if present else sys.exit("click.py: the X server has no XTEST")


def fake(server, opcode, kind, detail, x, y):
    server.sendall(struct.pack("<BBHBBxxII8xhh8x", opcode, 2, 9, kind, detail, 0, 0, x, y))


def wait_for(server):
    server.sendall(struct.pack("<BxH", 43, 1))  # GetInputFocus: answered after what came before
    read(server, 32)


def main(x, y):
    server = connect()
    opcode = xtest(server)
    fake(server, opcode, MOTION, 0, x, y)
    for kind in (PRESS, RELEASE):
        fake(server, opcode, kind, 1, 0, 0)
    wait_for(server)


main(*map(int, sys.argv[1:]))
