#!/usr/bin/env python3
"""Measures how far float32 computations of one model lie apart: the source of the limit of `lockstep align check`.

Run from the repository's root with torch, transformers, safetensors and numpy installed:

    python tools/measure_rounding.py

The public library computes the reference batches (model/src/test/resources/goldens) and the drawn shapes
(model/src/test/resources/shapes) with composed attention, and again with fused attention, with other vector instructions and with
portable matrix products. Printed is, by implementation and kind of tensor, the largest difference in units of
2^-24 * sqrt(2 L) * m for a model of L layers in both towers, where m is the largest value of the same row (a token, a patch).
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForImageTextToText

import make_shape_fixtures as shapes

GOLDENS = Path("model/src/test/resources/goldens")
IMPLEMENTATIONS = {
    "composed attention": ("eager", {}),
    "fused attention": ("sdpa", {}),
    "AVX2 kernels": ("eager", {"ATEN_CPU_CAPABILITY": "avx2"}),
    "baseline kernels": ("eager", {"ATEN_CPU_CAPABILITY": "default"}),
    "portable products": ("eager", {"MKL_CBWR": "COMPATIBLE"}),
}


def golden(folder, attention):
    model = AutoModelForImageTextToText.from_pretrained(
        folder / "checkpoint", dtype=torch.float32, attn_implementation=attention
    )
    forward = load_file(folder / "forward.safetensors")
    names = ("input_ids", "attention_mask", "pixel_values", "image_grid_thw", "position_ids")
    return model.eval(), {name: forward[name] for name in names}


def drawn(folder, attention):
    config = AutoConfig.from_pretrained(folder)
    family = folder.name.rsplit("-", 1)[0]
    model = shapes.build(config, shapes.KINDS[family])
    model.set_attn_implementation(attention)
    stored = load_file(folder / "reference.safetensors")
    batch = shapes.inputs(config, stored["input_ids"], stored["attention_mask"], stored["image_grid_thw"])
    return model, batch


def activations(model, batch):
    seen = {}

    def keep(name):
        def hook(module, inputs, output):
            seen[name] = output[0] if isinstance(output, tuple) else output

        return hook

    towers = model.model
    for index, block in enumerate(towers.visual.blocks):
        block.register_forward_hook(keep(f"vision_block_{index}"))
    towers.visual.merger.register_forward_hook(keep("vision_merger"))
    for index, layer in enumerate(towers.language_model.layers):
        layer.register_forward_hook(keep(f"text_layer_{index}"))
    with torch.inference_mode():
        seen["logits"] = model(**batch).logits
    visible = batch["attention_mask"].bool()
    rows = {}
    for name, value in seen.items():
        value = value[visible] if name == "logits" or name.startswith("text") else value
        rows[name] = value.reshape(-1, value.shape[-1]).clone().contiguous()
    return rows


def models():
    for folder in sorted(GOLDENS.glob("*/checkpoint")):
        yield folder.parent, golden
    for folder in sorted(shapes.TARGET.iterdir()):
        yield folder, drawn


def compute(attention, out):
    torch.set_num_threads(1)
    for folder, load in models():
        save_file(activations(*load(folder, attention)), out / f"{folder.name}.safetensors")


def units(reference, other):
    layers = sum(name.startswith(("vision_block", "text_layer")) for name in reference)
    for name, wanted in reference.items():
        difference = (other[name].double() - wanted.double()).abs()
        row = wanted.double().abs().amax(-1, keepdim=True)
        yield name, (difference / row).max().item() * 2**24 / (2 * layers) ** 0.5


def main():
    with tempfile.TemporaryDirectory() as work:
        folders = {}
        for name, (attention, variables) in IMPLEMENTATIONS.items():
            folders[name] = Path(work) / str(len(folders))
            folders[name].mkdir()
            subprocess.run(
                [sys.executable, __file__, attention, folders[name]], env={**os.environ, **variables}, check=True
            )
        first = folders.pop(next(iter(folders)))
        for name, folder in folders.items():
            worst = defaultdict(lambda: (0.0, ""))
            for file in sorted(first.iterdir()):
                for tensor, found in units(load_file(file), load_file(folder / file.name)):
                    kind = tensor.rstrip("0123456789").rstrip("_")
                    group = "reference batches" if not file.stem[-1].isdigit() or "-" not in file.stem else "drawn shapes"
                    worst[group, kind] = max(worst[group, kind], (found, f"{file.stem} {tensor}"))
            print(name)
            for (group, kind), (found, where) in sorted(worst.items()):
                print(f"  {group:18} {kind:14} {found:5.1f}  {where}")


if __name__ == "__main__":
    compute(sys.argv[1], Path(sys.argv[2])) if len(sys.argv) == 3 else main()
