"""Joins scripts in the order given and writes them as a C++ constant.

usage: embed.py OUTPUT NAME [--scope] SCRIPT...
--scope puts all of them inside one strict function, whose call is the script's value.
"""
import pathlib
import sys


def joined(paths, scope):
    text = ''.join(pathlib.Path(path).read_text(encoding='utf-8') for path in paths)
    return "(function () {\n'use strict';\n" + text + '})()\n' if scope else text


def rows(data, width=24):
    for at in range(0, len(data), width):
        yield ','.join(str(byte) for byte in data[at:at + width])


def main(output, name, *rest):
    scope = rest[0] == '--scope'
    data = joined(rest[1:] if scope else rest, scope).encode('utf-8')
    if any(byte > 127 for byte in data):
        sys.exit(f'{name}: only ASCII is embedded')
    body = ',\n'.join(rows(data))
    pathlib.Path(output).write_text(
        '#include "script/embedded.hpp"\n\nnamespace mullion::script::embedded {\nnamespace {\n\n'
        f'constexpr char bytes[] = {{\n{body}}};\n\n}}  // namespace\n\n'
        f'extern const std::string_view {name}{{bytes, sizeof bytes}};\n\n}}  // namespace mullion::script::embedded\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
