#!/usr/bin/env python3
"""Makes data/src/test/resources/io/lockstep/data/score/detections.json: boxes, and how the public tools score them.

Run from the repository's root with pycocotools, numpy and scipy installed:

    python tools/make_detection_fixtures.py

Boxes are drawn: true ones, detections near them, and some anywhere, of classes that have true boxes and of one that has none.
ap50 and ap5095 are stats[1] and stats[0] of pycocotools.cocoeval; mean_iou is the sum of the IoUs of scipy's linear_sum_assignment
in each image and class over the number of true boxes.
  detections [x1, y1, x2, y2, score, class]    truths [x1, y1, x2, y2, class]
"""

import contextlib
import io
import json
import random

import numpy as np
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import linear_sum_assignment

TARGET = "data/src/test/resources/io/lockstep/data/score/detections.json"


def draw(seed, images, classes, noise, extra, ties):
    r = random.Random(seed)
    drawn = []
    for _ in range(images):
        truths, detections = [], []
        for _ in range(r.randint(0, 8)):
            c, x, y, w, h = r.randrange(classes), r.randint(0, 300), r.randint(0, 300), r.randint(8, 120), r.randint(8, 120)
            truths.append([x, y, x + w, y + h, c])
            for _ in range(r.choice([0, 1, 1, 1, 2])):
                x1, y1 = x + r.randint(-noise, noise), y + r.randint(-noise, noise)
                x2 = max(x1 + 1, x + w + r.randint(-noise, noise))
                y2 = max(y1 + 1, y + h + r.randint(-noise, noise))
                detections.append([x1, y1, x2, y2, c if r.random() < 0.9 else r.randrange(classes)])
        for _ in range(r.randint(0, extra)):
            x, y = r.randint(0, 300), r.randint(0, 300)
            detections.append([x, y, x + r.randint(1, 120), y + r.randint(1, 120), r.randrange(classes + 1)])
        for box in detections:
            box.insert(4, round(r.random(), 1) if ties else r.random())
        r.shuffle(detections)
        drawn.append({"detections": detections, "truths": truths})
    return drawn


def sides(box):
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def precisions(drawn, classes):
    annotations = [
        {"image_id": i + 1, "category_id": t[4] + 1, "bbox": sides(t), "area": sides(t)[2] * sides(t)[3], "iscrowd": 0}
        for i, image in enumerate(drawn)
        for t in image["truths"]
    ]
    found = [
        {"image_id": i + 1, "category_id": d[5] + 1, "bbox": sides(d), "score": d[4]}
        for i, image in enumerate(drawn)
        for d in image["detections"]
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": i + 1} for i in range(len(drawn))],
            "categories": [{"id": c + 1} for c in range(classes + 1)],
            "annotations": [dict(a, id=k + 1) for k, a in enumerate(annotations)],
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[1]), float(evaluation.stats[0])


def mean_iou(drawn, classes):
    total, count = 0.0, 0
    for image in drawn:
        for c in range(classes + 1):
            truths = [sides(t) for t in image["truths"] if t[4] == c]
            ranked = sorted((d for d in image["detections"] if d[5] == c), key=lambda d: -d[4])[:100]
            count += len(truths)
            if truths and ranked:
                ious = mask.iou(np.array([sides(d) for d in ranked], float), np.array(truths, float), [0] * len(truths))
                rows, columns = linear_sum_assignment(-ious)
                total += ious[rows, columns].sum()
    return float(total / count)


def case(name, seed, images, classes, noise, extra, ties=False):
    drawn = draw(seed, images, classes, noise, extra, ties)
    ap50, ap5095 = precisions(drawn, classes)
    head = json.dumps({"name": name, "ap50": ap50, "ap5095": ap5095, "mean_iou": mean_iou(drawn, classes)})
    print(head)
    return head[:-1] + ', "images": [\n' + ",\n".join("  " + json.dumps(image) for image in drawn) + "\n]}"


def main():
    cases = [
        case("two classes", 1, 12, 2, 12, 3),
        case("good detections", 5, 10, 2, 3, 0),
        case("equal scores", 2, 10, 3, 20, 4, ties=True),
        case("poor detections", 3, 8, 1, 60, 2),
        case("more than a hundred detections of an image", 4, 2, 1, 10, 260),
    ]
    with open(TARGET, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(cases) + "\n]\n")


if __name__ == "__main__":
    main()
