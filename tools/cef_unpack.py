"""Lays the CEF 116 SDK of pytonium's source package out as an official CEF distribution.

usage: cef_unpack.py SDIST TARGET
"""
import os
import pathlib
import shutil
import sys
import tarfile
import zipfile

HEADERS = 'Pytonium-0.0.13/Pytonium/src/cef-binaries-linux/'
BINARIES = 'Pytonium-0.0.13/Pytonium/bin_linux.zip'
FOLDERS = ('include', 'cmake', 'libcef_dll')
RUNNABLE = ('chrome-sandbox', 'libcef.so', 'libEGL.so', 'libGLESv2.so', 'libvk_swiftshader.so', 'libvulkan.so.1')
IN_RELEASE = RUNNABLE + ('snapshot_blob.bin', 'v8_context_snapshot.bin', 'vk_swiftshader_icd.json')
IN_RESOURCES = ('icudtl.dat', 'resources.pak', 'chrome_100_percent.pak', 'chrome_200_percent.pak')


def write(target, name, source):
    """Writes one member; a name that leads out of the target is refused."""
    path = (target / name).resolve()
    if not path.is_relative_to(target):
        sys.exit(f'cef_unpack: the package has a member outside its folder: {name}')
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'wb') as file:
        shutil.copyfileobj(source, file, 1 << 20)
    path.chmod(0o755 if path.name in RUNNABLE else 0o644)


def unpack_headers(sdist, target):
    for member in sdist:
        name = member.name.removeprefix(HEADERS)
        if member.isfile() and name != member.name and name.split('/')[0] in FOLDERS:
            write(target, name, sdist.extractfile(member))


def place(name):
    if name in IN_RELEASE:
        return f'Release/{name}'
    if name in IN_RESOURCES or name.startswith('locales/'):
        return f'Resources/{name}'
    return None


def unpack_binaries(sdist, target):
    with zipfile.ZipFile(sdist.extractfile(BINARIES)) as binaries:
        for member in binaries.infolist():
            where = None if member.is_dir() else place(member.filename)
            if where:
                with binaries.open(member) as source:
                    write(target, where, source)


def main(sdist_path, target_path):
    target = pathlib.Path(target_path).resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(sdist_path) as sdist:
        unpack_headers(sdist, target)
        unpack_binaries(sdist, target)
    os.sync()


if __name__ == '__main__':
    main(*sys.argv[1:])
