#!/usr/bin/env python3
"""Loads a checkpoint with the public Python library and compares it with what Lockstep computed.

The reference folder is what `lockstep align dump --new-tokens N` wrote of the same checkpoint: the inputs of one
left-padded batch, its logits and the greedy generations. Exit 0 if the logits agree within the limit and every generated
token is equal, 1 if not. docs/public-library.md says how to run it.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder that Lockstep saved")
    parser.add_argument("--reference", type=Path, required=True, help="folder that `lockstep align dump` wrote")
    parser.add_argument("--adapter", type=Path, help="PEFT adapter to put on the checkpoint")
    parser.add_argument("--limit", type=float, default=1e-4, help="largest difference of a logit (default: %(default)s)")
    parser.add_argument("--attention", default="eager", help="attention of the public library (default: %(default)s)")
    return parser.parse_args()


def load(options):
    model, report = AutoModelForImageTextToText.from_pretrained(
        options.checkpoint, dtype=torch.float32, attn_implementation=options.attention, output_loading_info=True
    )
    wrong = {kind: sorted(names) for kind, names in report.items() if names}
    if wrong:
        sys.exit(f"error: the public library does not find the weights it expects: {wrong}")
    if options.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, options.adapter)
    return model.eval()


def inputs(forward, image_token):
    chosen = {
        name: forward[name]
        for name in ("input_ids", "attention_mask", "pixel_values", "image_grid_thw")
        if name in forward
    }
    chosen["mm_token_type_ids"] = (forward["input_ids"] == image_token).long()
    return chosen


def compare_stored(checkpoint, model):
    """Counts the stored tensors, so that a report shows that something was compared."""
    files = sorted(checkpoint.glob("model*.safetensors"))
    count = 0
    for file in files:
        with safe_open(file, framework="pt") as tensors:
            count += len(tensors.keys())
    print(f"{checkpoint}: {count} tensors in {len(files)} file(s), "
          f"{sum(p.numel() for p in model.parameters()):,} parameters, {type(model).__name__}")


def compare_logits(model, forward, limit):
    with torch.inference_mode():
        logits = model(**inputs(forward, model.config.image_token_id)).logits
    visible = forward["attention_mask"].bool()
    difference = (logits - forward["logits"])[visible].abs()
    print(f"logits: {int(visible.sum())} positions, values up to {forward['logits'][visible].abs().max():.3f}, "
          f"largest difference {difference.max():.2e}, mean {difference.mean():.2e}")
    return difference.max().item() <= limit


def prompt(forward, case, row):
    """A conversation's inputs without its answer and its padding, with its own pictures."""
    visible = forward["attention_mask"][row].bool()
    ids = forward["input_ids"][row][visible][: case["prompt_tokens"]]
    return ids


def pictures(forward, row, image_token, merged):
    """Patches and grids of one row's pictures, which are stored one after the other."""
    if "image_grid_thw" not in forward:
        return {}
    patches = forward["image_grid_thw"].prod(-1)
    wanted = [int((ids == image_token).sum()) * merged for ids in forward["input_ids"]]
    start = sum(wanted[:row])
    ends = patches.cumsum(0)
    chosen = (ends > start) & (ends <= start + wanted[row])
    if not chosen.any():
        return {}
    return {
        "pixel_values": forward["pixel_values"][start : start + wanted[row]],
        "image_grid_thw": forward["image_grid_thw"][chosen],
    }


def compare_tokens(model, forward, cases):
    image_token = model.config.image_token_id
    merged = model.config.vision_config.spatial_merge_size ** 2
    equal = total = 0
    for generation in cases.get("generate", []):
        if len(generation["conversations"]) != 1 and len(cases["conversations"]) != 1:
            continue
        row = generation["conversations"][0]
        ours = generation["new_tokens"][0]
        ids = prompt(forward, cases["conversations"][row], row).unsqueeze(0)
        with torch.inference_mode():
            theirs = model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                mm_token_type_ids=(ids == image_token).long(),
                **pictures(forward, row, image_token, merged),
                max_new_tokens=len(ours),
                do_sample=False,
            )[0, ids.shape[1] :].tolist()
        total += 1
        equal += theirs[: len(ours)] == ours
        if theirs[: len(ours)] != ours:
            print(f"  conversation {row}: ours {ours}\n  {' ' * 14} theirs {theirs}")
    print(f"generations: {equal} of {total} token for token equal")
    return equal == total


def main():
    options = arguments()
    torch.set_num_threads(1)
    forward = load_file(options.reference / "forward.safetensors")
    cases = json.loads((options.reference / "cases.json").read_text(encoding="utf-8"))
    model = load(options)
    compare_stored(options.checkpoint, model)
    agree = compare_logits(model, forward, options.limit)
    agree = compare_tokens(model, forward, cases) and agree
    print("compare: " + ("OK" if agree else "DIFFERS"))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
