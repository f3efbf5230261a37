#!/usr/bin/env python3
"""Prints what Pillow's bicubic resizing makes of pictures: file, width and height of the source, width and height of the result,
SHA-256 of its RGB bytes. A source that has another size than the file's picture is made of that picture's first pixels.

Usage: make_resize_fixtures.py model/src/test/resources/goldens/images > model/src/test/resources/resized.csv
(needs Pillow; written with Pillow 12.3. From 12.2 on columns are first where a picture is more than 100 times as tall as wide
and its height shrinks; before, rows always were.)
"""
import hashlib
import sys
from pathlib import Path

from PIL import Image

SIZES = (
    (1, 1), (1, 64), (64, 1), (28, 28), (32, 32), (33, 31), (56, 84), (97, 113), (128, 128), (224, 160),
    (256, 256), (300, 20), (20, 300), (448, 416), (640, 28),
)
# Around the ratio and the height from which on columns are first, and what the families make of very tall pictures.
STRIPS = (
    ((5, 500), (28, 476)), ((5, 501), (28, 476)), ((5, 501), (28, 500)), ((5, 501), (28, 501)), ((5, 501), (28, 504)),
    ((5, 501), (5, 476)), ((5, 501), (2, 100)), ((5, 793), (32, 768)), ((7, 910), (32, 896)), ((7, 910), (28, 644)),
    ((2, 400), (56, 392)), ((793, 5), (768, 32)),
)


def main():
    for file in sorted(Path(sys.argv[1]).glob("*.png")):
        picture = Image.open(file).convert("RGB")
        whole = (*SIZES, (picture.width, 2 * picture.height), (picture.width // 2, picture.height))
        show(file, picture, picture.size, whole)
        for source, target in STRIPS:
            if source[0] * source[1] <= picture.width * picture.height:
                show(file, picture, source, (target,))


def show(file, picture, source, targets):
    strip = Image.frombytes("RGB", source, picture.tobytes()[: 3 * source[0] * source[1]])
    for target in targets:
        resized = strip.resize(target, Image.Resampling.BICUBIC)
        print(file.name, *source, *target, hashlib.sha256(resized.tobytes()).hexdigest(), sep=",")


if __name__ == "__main__":
    main()
