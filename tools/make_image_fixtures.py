#!/usr/bin/env python3
"""Draws the pictures in data/src/test/resources/images and what Pillow makes of them.

Usage: make_image_fixtures.py FOLDER   (needs Pillow and numpy; written with Pillow 12.3)

For each picture FOLDER/in/NAME there is FOLDER/rgb/NAME.png, the result of
ImageOps.exif_transpose(Image.open(..)).convert("RGB") as an 8-bit RGB PNG, except for 16-bit grey, which Pillow clips to
255: there it is the upper byte of every sample.
"""
import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageOps

W, H = 37, 29


def drawing(width=W, height=H):
    """Gradients, hard edges and thin lines, different in every corner."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 // width, y * 255 // height, (x * 3 + y * 5) % 256], -1).astype(np.uint8)
    picture = Image.fromarray(rgb)
    draw = ImageDraw.Draw(picture)
    if width > 12 and height > 12:
        draw.rectangle((2, 2, width // 3, height // 3), fill=(250, 20, 30))
        draw.ellipse((width // 2, height // 4, width - 3, height - 6), fill=(10, 200, 60), outline=(0, 0, 0))
    for i in range(0, width, 4):
        draw.line((i, height - 1, width - 1 - i // 2, height // 2), fill=(255, 255, 255))
    return picture


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(samples, depth, colour, extra=b"", interlaced=False):
    """A PNG of samples [height, width, bands]; filter 'up' on odd rows."""
    samples = np.asarray(samples)
    height, width, bands = samples.shape

    def rows(part):
        out = bytearray()
        step = max(1, bands * depth // 8)
        previous = None
        for number, row in enumerate(part.reshape(part.shape[0], -1)):
            if depth == 16:
                packed = row.astype(">u2").tobytes()
            elif depth == 8:
                packed = row.astype(np.uint8).tobytes()
            else:
                bits = "".join(format(int(v), f"0{depth}b") for v in row)
                bits += "0" * (-len(bits) % 8)
                packed = int(bits, 2).to_bytes(len(bits) // 8, "big")
            kind = number % 3
            if kind == 1:
                above = previous or bytes(len(packed))
                out += b"\2" + bytes((a - b) & 255 for a, b in zip(packed, above))
            elif kind == 2:
                left = bytes(step) + packed
                out += b"\1" + bytes((a - b) & 255 for a, b in zip(packed, left))
            else:
                out += b"\0" + packed
            previous = packed
        return bytes(out)

    if interlaced:
        data = b"".join(
            rows(samples[y0::dy, x0::dx]) for x0, y0, dx, dy in PASSES if samples[y0::dy, x0::dx].size
        )
    else:
        data = rows(samples)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
        + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    )


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    return data.tobytes()


def profile():
    """A profile that swaps red and green: whoever applies it gets very different colours."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes(12)  # when it was made
    data[84:100] = bytes(16)  # a checksum over that
    count = struct.unpack(">I", data[128:132])[0]
    for i in range(count):
        at = 132 + 12 * i
        tag = bytes(data[at:at + 4])
        if tag in (b"rXYZ", b"gXYZ"):
            data[at:at + 4] = b"gXYZ" if tag == b"rXYZ" else b"rXYZ"
    return bytes(data)


def save(picture, **options):
    out = io.BytesIO()
    picture.save(out, **options)
    return out.getvalue()


def without(jpeg, marker):
    """A JPEG without its segments of this kind."""
    out, at = bytearray(jpeg[:2]), 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")
        if jpeg[at + 1] != marker:
            out += jpeg[at:end]
        at = end
    return bytes(out + jpeg[at:])


def resampled(jpeg, width, height, sampling):
    """The same blocks as a JPEG of another size and another sampling of the luma."""
    jpeg, at = bytearray(jpeg), 2
    while jpeg[at + 1] != 0xC0:
        at += 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")
    jpeg[at + 5:at + 9] = struct.pack(">HH", height, width)
    jpeg[at + 11] = sampling
    return bytes(jpeg)


def pngs(base):
    rgb = np.asarray(base)
    grey = np.asarray(base.convert("L"))[..., None]
    alpha = ((np.add.outer(np.arange(H), np.arange(W)) * 4) % 256).astype(np.uint8)[..., None]
    wide = lambda a, k: (a.astype(np.uint32) * 257 + (a * np.uint32(k)) % 251).clip(0, 65535)
    palette = base.quantize(16)
    colours = chunk(b"PLTE", bytes(palette.getpalette()[: 16 * 3]))
    indexes = np.asarray(palette)[..., None]
    for interlaced in (False, True):
        tail = "_interlaced" if interlaced else ""
        yield f"grey8{tail}.png", png(grey, 8, 0, interlaced=interlaced)
        yield f"rgb8{tail}.png", png(rgb, 8, 2, interlaced=interlaced)
        yield f"palette4{tail}.png", png(indexes, 4, 3, colours, interlaced=interlaced)
        yield f"rgba8{tail}.png", png(np.concatenate([rgb, alpha], -1), 8, 6, interlaced=interlaced)
        yield f"grey16{tail}.png", png(wide(grey, 7), 16, 0, interlaced=interlaced)
        yield f"rgb16{tail}.png", png(wide(rgb, 7), 16, 2, interlaced=interlaced)
    yield "grey1.png", png(grey >> 7, 1, 0)
    yield "grey2.png", png(grey >> 6, 2, 0)
    yield "grey4.png", png(grey >> 4, 4, 0)
    yield "grey1_trns.png", png(grey >> 7, 1, 0, chunk(b"tRNS", b"\0\1"))
    yield "grey4_trns.png", png(grey >> 4, 4, 0, chunk(b"tRNS", b"\0\5"))
    yield "grey8_trns.png", png(grey, 8, 0, chunk(b"tRNS", b"\0\x40"))
    yield "grey16_trns.png", png(wide(grey, 3), 16, 0, chunk(b"tRNS", b"\x40\x40"))
    yield "rgb8_trns.png", png(rgb, 8, 2, chunk(b"tRNS", struct.pack(">HHH", 250, 20, 30)))
    yield "rgb16_trns.png", png(wide(rgb, 3), 16, 2, chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3)))
    yield "grey_alpha8.png", png(np.concatenate([grey, alpha], -1), 8, 4)
    yield "grey_alpha16.png", png(wide(np.concatenate([grey, alpha], -1), 5), 16, 4)
    yield "rgba16.png", png(wide(np.concatenate([rgb, alpha], -1), 5), 16, 6)
    yield "palette1.png", png(indexes & 1, 1, 3, chunk(b"PLTE", bytes([9, 80, 160, 240, 130, 20])))
    yield "palette2.png", png(indexes & 3, 2, 3, chunk(b"PLTE", bytes(range(10, 130, 10))))
    yield "palette8.png", png(indexes, 8, 3, colours)
    yield "palette8_trns.png", png(indexes, 8, 3, colours + chunk(b"tRNS", bytes(range(0, 160, 10))))
    yield "palette8_grey.png", png(indexes * 15, 8, 3, chunk(b"PLTE", bytes(v for i in range(256) for v in (i, i, i))))
    yield "rgb8_icc_gamma.png", png(
        rgb, 8, 2,
        chunk(b"iCCP", b"swapped\0\0" + zlib.compress(profile())) + chunk(b"gAMA", struct.pack(">I", 100000)),
    )
    yield "grey8_gamma.png", png(grey, 8, 0, chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "rgb8_exif6.png", png(rgb, 8, 2, chunk(b"eXIf", exif(6)[6:]))
    yield "rgb8_trailing.png", png(rgb, 8, 2) + b"garbage after the end"


def jpegs(base):
    for name, sampling in (("444", "4:4:4"), ("422", "4:2:2"), ("420", "4:2:0")):
        yield f"ycc{name}.jpg", save(base, format="JPEG", quality=80, subsampling=sampling)
        yield f"ycc{name}_progressive.jpg", save(
            base, format="JPEG", quality=80, subsampling=sampling, progressive=True)
    for width, height in ((1, 1), (2, 3), (8, 8), (16, 17), (33, 15)):
        yield f"size{width}x{height}.jpg", save(drawing(width, height), format="JPEG", quality=75)
    yield "grey.jpg", save(base.convert("L"), format="JPEG", quality=80)
    yield "restart.jpg", save(base, format="JPEG", quality=80, restart_marker_blocks=2)
    yield "rgb.jpg", save(base, format="JPEG", quality=80, keep_rgb=True)
    yield "icc.jpg", save(base, format="JPEG", quality=80, icc_profile=profile())
    cmyk = base.convert("CMYK")
    k = np.asarray(base.convert("L")) // 3
    cmyk = Image.merge("CMYK", (*cmyk.split()[:3], Image.fromarray(k)))
    yield "cmyk.jpg", save(cmyk, format="JPEG", quality=80)
    inks = save(cmyk, format="JPEG", quality=80)
    yield "cmyk_without_adobe.jpg", without(inks, 0xEE)
    transform = inks.index(b"Adobe") + 11
    yield "ycck.jpg", inks[:transform] + b"\2" + inks[transform + 1:]
    plain = save(base, format="JPEG", quality=80, subsampling="4:4:4")
    yield "without_jfif.jpg", without(plain, 0xE0)
    wide = save(drawing(64, 48), format="JPEG", quality=80, subsampling="4:2:2")
    yield "ycc440.jpg", resampled(wide, 45, 59, 0x12)
    four = save(drawing(64, 32), format="JPEG", quality=80, subsampling="4:2:0")
    yield "ycc411.jpg", resampled(four, 61, 31, 0x41)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="7"/></x:xmpmeta>'
    yield "xmp7.jpg", save(base, format="JPEG", quality=60, xmp=xmp)
    for orientation in range(1, 9):
        yield f"exif{orientation}.jpg", save(base, format="JPEG", quality=60, exif=exif(orientation))
    yield "trailing.jpg", save(base, format="JPEG", quality=60) + b"garbage after the end"


def webps(base):
    alpha = Image.fromarray(((np.add.outer(np.arange(H), np.arange(W)) * 4) % 256).astype(np.uint8))
    rgba = base.copy()
    rgba.putalpha(alpha)
    yield "lossy.webp", save(base, format="WEBP", quality=80)
    yield "lossless.webp", save(base, format="WEBP", lossless=True)
    yield "lossy_alpha.webp", save(rgba, format="WEBP", quality=80)
    yield "lossless_alpha.webp", save(rgba, format="WEBP", lossless=True, exact=True)
    yield "exif8.webp", save(base, format="WEBP", quality=80, exif=exif(8))
    yield "icc.webp", save(base, format="WEBP", lossless=True, icc_profile=profile())
    for width, height in ((1, 1), (17, 16)):
        yield f"size{width}x{height}.webp", save(drawing(width, height), format="WEBP", quality=75)


def expected(name, content):
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    if picture.mode == "I;16":
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    return Image.fromarray(np.asarray(picture.convert("RGB")))  # without transparency and profile


def main():
    folder = Path(sys.argv[1])
    base = drawing()
    for part in ("in", "rgb"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for pictures in (pngs, jpegs, webps):
        for name, content in pictures(base):
            (folder / "in" / name).write_bytes(content)
            expected(name, content).save(folder / "rgb" / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
