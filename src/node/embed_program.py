"""Writes a program's file as a C++ constant.

usage: embed_program.py OUTPUT PROGRAM
"""
import pathlib
import sys


def rows(data, width=24):
    for at in range(0, len(data), width):
        yield ','.join(str(byte) for byte in data[at:at + width])


def main(output, program):
    body = ',\n'.join(rows(pathlib.Path(program).read_bytes()))
    pathlib.Path(output).write_text(
        '#include "node/first_process.hpp"\n\nnamespace mullion::node {\nnamespace {\n\n'
        f'constexpr unsigned char bytes[] = {{\n{body}}};\n\n}}  // namespace\n\n'
        'std::span<const unsigned char> first_process() { return bytes; }\n\n}  // namespace mullion::node\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
