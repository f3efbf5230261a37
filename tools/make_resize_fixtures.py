#!/usr/bin/env python3
"""Prints what Pillow's bicubic resizing makes of pictures: file, width, height, SHA-256 of the RGB bytes.

Usage: make_resize_fixtures.py model/src/test/resources/goldens/images > model/src/test/resources/resized.csv
(needs Pillow; written with Pillow 12.3)
"""
import hashlib
import sys
from pathlib import Path

from PIL import Image

SIZES = (
    (1, 1), (1, 64), (64, 1), (28, 28), (32, 32), (33, 31), (56, 84), (97, 113), (128, 128), (224, 160),
    (256, 256), (300, 20), (20, 300), (448, 416), (640, 28),
)


def main():
    for file in sorted(Path(sys.argv[1]).glob("*.png")):
        picture = Image.open(file).convert("RGB")
        for width, height in (*SIZES, (picture.width, 2 * picture.height), (picture.width // 2, picture.height)):
            resized = picture.resize((width, height), Image.Resampling.BICUBIC)
            print(file.name, width, height, hashlib.sha256(resized.tobytes()).hexdigest(), sep=",")


if __name__ == "__main__":
    main()
