"""Reads a CEF binary distribution for meson.build: what version it is, and what its C++ wrapper is made of.

usage: wrapper.py CEF_ROOT RUNTIME
Makes the folder RUNTIME, in which everything that libcef.so wants beside itself is linked, and prints the version, the
major version, the API version to compile for ("-" before there were any), and each source of the wrapper, a line each.
A distribution that cannot be used is named in a sentence on stderr; the exit code is 1 then.
"""
import pathlib
import re
import sys

OLDEST = 116
GET = 'run tools/cef-sdk, or unpack one from https://cef-builds.spotifycdn.com (Linux, standard or minimal)'
NEEDED = ('include/cef_version.h', 'include/cef_app.h', 'libcef_dll/CMakeLists.txt', 'Release/libcef.so',
          'Release/v8_context_snapshot.bin', 'Resources/icudtl.dat', 'Resources/resources.pak',
          'Resources/locales/en-US.pak')


def fail(sentence):
    sys.exit(f'cef_root: {sentence}')


def check_files(root):
    if not root.is_dir():
        fail(f'there is no folder {root}; {GET}')
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if len(missing) == len(NEEDED):
        fail(f'{root} is no CEF binary distribution; {GET}')
    if missing:
        fail(f'the CEF distribution in {root} is incomplete, it has no {", ".join(missing)}; {GET}')


def read_version(root):
    text = (root / 'include/cef_version.h').read_text(encoding='utf-8')
    version = re.search(r'#define CEF_VERSION "([^"]+)"', text)
    major = re.search(r'#define CEF_VERSION_MAJOR (\d+)', text)
    if not version or not major:
        fail(f'{root}/include/cef_version.h names no version; {GET}')
    if int(major[1]) < OLDEST:
        fail(f'the CEF distribution in {root} is {version[1]}, and Mullion needs {OLDEST} or newer; {GET}')
    return version[1], major[1]


def read_api_version(root):
    """From 133 on the headers show what the API version asks for: the newest that this distribution knows."""
    versions = root / 'include/cef_api_versions.h'
    if not versions.is_file():
        return '-'
    last = re.search(r'#define CEF_API_VERSION_LAST CEF_API_VERSION_(\d+)', versions.read_text(encoding='utf-8'))
    return last[1] if last else fail(f'{versions} names no CEF_API_VERSION_LAST; {GET}')


def link_runtime(root, runtime):
    runtime.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for folder in ('Release', 'Resources') for path in (root / folder).iterdir()}
    for link in runtime.iterdir():
        if link.is_symlink() and link.readlink() != wanted.get(link.name):
            link.unlink()
    for name, path in wanted.items():
        if not (runtime / name).is_symlink():
            (runtime / name).symlink_to(path)


def main(root, runtime):
    if not pathlib.Path(root).is_absolute():
        fail(f'"{root}" must be an absolute path')
    root = pathlib.Path(root).resolve()
    check_files(root)
    lines = [*read_version(root), read_api_version(root)]
    link_runtime(root, pathlib.Path(runtime))
    print('\n'.join(lines + sorted(map(str, (root / 'libcef_dll').rglob('*.cc')))))


if __name__ == '__main__':
    main(*sys.argv[1:])
