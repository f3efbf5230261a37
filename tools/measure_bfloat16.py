#!/usr/bin/env python3
"""Measures how far the public library's bfloat16 is from its float64: what tests of bfloat16 numbers are held to.

Run from the repository's root after float64_references.py, with the same packages installed:

    python tools/measure_bfloat16.py

For each tensor of float64.safetensors it says the largest difference as a share of its row's largest value, and in multiples of what
a rounding of 2^-9 moves the row; the larger one of eager and fused attention. Weights are rounded to bfloat16 once; the float64 values
are those of the weights before.
"""

import torch
from safetensors.torch import load_file

import float64_references as exact

ROUNDING = 2.0**-9


def narrow(model):
    """Weights in bfloat16; what rotary embeddings are made of stays float32, as when a model is loaded in bfloat16."""
    tables = {name: buffer for name, buffer in model.named_buffers() if "inv_freq" in name}
    model.to(torch.bfloat16)
    for name, buffer in tables.items():
        owner, _, last = name.rpartition(".")
        setattr(model.get_submodule(owner), last, buffer.float())
    return model


def distances(all_cases, stored, attention):
    found = {}
    for prefix, model, batch, activations, pick, visible in all_cases(attention):
        if prefix.startswith("merged"):
            continue
        batch = {name: value.to(torch.bfloat16) if value.is_floating_point() else value for name, value in batch.items()}
        for name, value in pick(exact.compute(narrow(model), batch, activations)).items():
            off = exact.share(stored[prefix + name].double(), value)
            if not name.startswith("vision"):
                off = off.reshape(visible.shape) * visible
            found[prefix + name] = off.float().contiguous()
    return found


def main():
    torch.set_num_threads(1)
    for file, all_cases in exact.files():
        stored = load_file(file)
        eager = distances(all_cases, stored, "eager")
        fused = distances(all_cases, stored, "sdpa")
        both = {name: torch.maximum(eager[name], fused[name]) for name in eager}
        for name, off in both.items():
            moved = stored["moved." + name].clamp_min(exact.HALF_A_ROUNDING) * (ROUNDING / exact.ROUNDING)
            times = off.reshape(-1) / moved.reshape(-1)
            print(f"{file.parent.name:18} {name:22} largest share {off.max():.4f}, of what a rounding moves {times.max():.2f}")


if __name__ == "__main__":
    main()
