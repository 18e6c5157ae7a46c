"""Writes a screen as Xvfb keeps it (-fbdir) as a PNG. usage: xwd_png.py XWD PNG"""
import struct
import sys
import zlib


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def main(source, target):
    with open(source, 'rb') as stream:
        xwd = stream.read()
    words = struct.unpack('>25I', xwd[:100])
    width, height, stride, first = words[4], words[5], words[12], words[0] + 12 * words[19]
    lines = []
    for y in range(height):
        line = xwd[first + y * stride:first + y * stride + 4 * width]
        rgb = bytearray(3 * width)
        rgb[0::3], rgb[1::3], rgb[2::3] = line[2::4], line[1::4], line[0::4]
        lines.append(b'\0' + bytes(rgb))
    with open(target, 'wb') as stream:
        stream.write(b'\x89PNG\r\n\x1a\n')
        stream.write(chunk(b'IHDR', struct.pack('>2I5B', width, height, 8, 2, 0, 0, 0)))
        stream.write(chunk(b'IDAT', zlib.compress(b''.join(lines))) + chunk(b'IEND', b''))


if __name__ == '__main__':
    main(*sys.argv[1:])
