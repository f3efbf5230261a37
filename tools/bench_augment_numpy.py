#!/usr/bin/env python3
"""The recipe of `lockstep bench augment` with NumPy and Pillow, for comparison on one core.

Turn, crop, paste enlarged objects, resize, colour and pad a decoded picture of 1024 x 768, with the
affine maps, filters and ranges of the Java recipe. Needs numpy and pillow:

    taskset -c 0 python3 tools/bench_augment_numpy.py --pictures 200 [--paste]
"""
import argparse
import json
import math
import time

import numpy as np
from PIL import Image, ImageEnhance

WIDTH, HEIGHT, OBJECTS = 1024, 768, 16
GREY = (128, 128, 128)


def picture(random):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    noise = random.integers(0, 32, (HEIGHT, WIDTH, 3))
    return ((x // 8 + y // 8)[..., None] + noise).astype(np.uint8)


def objects(random):
    found = []
    for i in range(OBJECTS):
        side = 24 + 12 * i
        x, y = random.uniform(0, WIDTH - side), random.uniform(0, HEIGHT - side)
        found.append(np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]]))
    return found


def clip(ring, width, height):
    """Sutherland and Hodgman's algorithm."""
    for axis, limit, sign in ((0, 0, 1), (1, 0, 1), (0, width, -1), (1, height, -1)):
        kept = []
        for i in range(len(ring)):
            a, b = ring[i], ring[(i + 1) % len(ring)]
            da, db = sign * (a[axis] - limit), sign * (b[axis] - limit)
            if da >= 0:
                kept.append(a)
            if (da >= 0) != (db >= 0):
                kept.append(a + da / (da - db) * (b - a))
        ring = kept
        if not ring:
            return ring
    return np.array(ring)


def area(ring):
    if len(ring) < 3:
        return 0.0
    x, y = np.asarray(ring).T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def augment(pixels, rings, random, paste, times):
    def timed(stage, begin):
        times[stage] = times.get(stage, 0.0) + time.perf_counter() - begin

    begin = time.perf_counter()
    image = Image.fromarray(pixels)
    angle = math.radians(random.uniform(-15, 15))
    cos, sin = math.cos(angle), math.sin(angle)
    cx, cy = WIDTH / 2, HEIGHT / 2
    image = image.transform(
        image.size, Image.Transform.AFFINE,
        (cos, sin, cx - cos * cx - sin * cy, -sin, cos, cy + sin * cx - cos * cy),
        resample=Image.Resampling.BILINEAR, fillcolor=GREY)
    turn = np.array([[cos, -sin], [sin, cos]])
    rings = [(ring - (cx, cy)) @ turn.T + (cx, cy) for ring in rings]
    timed("warp", begin)

    begin = time.perf_counter()
    side, stretch = math.sqrt(random.uniform(0.6, 0.9)), math.sqrt(random.uniform(0.8, 1.25))
    width = min(WIDTH, round(WIDTH * side * stretch))
    height = min(HEIGHT, round(HEIGHT * side / stretch))
    left = int(random.integers(0, WIDTH - width + 1))
    top = int(random.integers(0, HEIGHT - height + 1))
    kept = []
    for ring in rings:
        part = clip(ring - (left, top), width, height)
        if len(part) and area(part) >= 0.3 * area(ring):
            kept.append(part)
    rings = kept
    image = image.crop((left, top, left + width, top + height))
    timed("random_crop", begin)

    if paste:
        begin = time.perf_counter()
        for ring in sorted(rings, key=area)[:4]:
            x1, y1 = np.floor(ring.min(0)).astype(int)
            x2, y2 = np.ceil(ring.max(0)).astype(int)
            factor = random.uniform(1.5, 2.5)
            size = (max(1, round((x2 - x1) * factor)), max(1, round((y2 - y1) * factor)))
            if size[0] >= width or size[1] >= height:
                continue
            patch = image.crop((x1, y1, x2, y2)).resize(size, Image.Resampling.BILINEAR)
            at = (int(random.integers(0, width - size[0])), int(random.integers(0, height - size[1])))
            image.paste(patch, at)
            rings.append((ring - (x1, y1)) * factor + at)
        timed("small_object_zoom_paste", begin)

    begin = time.perf_counter()
    factor = random.uniform(0.8, 1.2)
    size = (round(width * factor), round(height * factor))
    image = image.resize(size, Image.Resampling.BILINEAR)
    rings = [ring * (size[0] / width, size[1] / height) for ring in rings]
    timed("resize_by_scale", begin)

    begin = time.perf_counter()
    image = ImageEnhance.Brightness(image).enhance(random.uniform(0.8, 1.2))
    image = ImageEnhance.Contrast(image).enhance(random.uniform(0.8, 1.2))
    image = ImageEnhance.Color(image).enhance(random.uniform(0.8, 1.2))
    timed("color_jitter", begin)

    begin = time.perf_counter()
    padded = Image.new("RGB", (-(-size[0] // 32) * 32, -(-size[1] // 32) * 32), GREY)
    padded.paste(image, (0, 0))
    out = np.asarray(padded)
    timed("pad_to_multiple", begin)
    return out, rings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--paste", action="store_true", help="with the pasting of enlarged objects")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    random = np.random.default_rng(23)
    pixels, rings = picture(random), objects(random)
    for _ in range(20):
        augment(pixels, rings, random, arguments.paste, {})
    times = {}
    begin = time.perf_counter()
    for _ in range(arguments.pictures):
        augment(pixels, rings, random, arguments.paste, times)
    seconds = time.perf_counter() - begin
    for stage, spent in times.items():
        print(f"{stage:26s}{1e3 * spent / arguments.pictures:8.2f} ms")
    print(f"{arguments.pictures / seconds:.1f} pictures/s on one core")
    if arguments.json:
        print(json.dumps({"pictures": arguments.pictures, "seconds": seconds,
                          "pictures_per_s": arguments.pictures / seconds, "stage_s": times}))


if __name__ == "__main__":
    main()
