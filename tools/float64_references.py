#!/usr/bin/env python3
"""Computes the reference fixtures in float64, and how far a rounding moves each row: what tests of float32 numbers are held to.

Run from the repository's root with torch, transformers, peft, safetensors and numpy installed:

    python tools/float64_references.py            # writes the references
    python tools/float64_references.py --measure  # how far the public library in float32 is from them, by instruction set

Written are goldens/FAMILY/float64.safetensors and shapes/FAMILY-N/float64.safetensors below model/src/test/resources: for each
tensor NAME its values, rounded to float32, and `moved.NAME`, a number for each row (a token, a patch).

Everything is float64 but what depends on positions alone: the tables of cosines and sines of the rotary embeddings are the float32
ones, which every implementation of the model has.

`moved` is measured: the model is computed again DRAWS times with every element that a linear layer or a convolution reads or gives
off by 2^-24 of itself, up or down by chance. A matrix product whose terms are each rounded is the exact product of such operands.
It is the largest movement of an element of the row, as a share of the row's largest value.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode
from transformers import AutoConfig, AutoModelForImageTextToText

import make_shape_fixtures as shapes

GOLDENS = Path("model/src/test/resources/goldens")
FAMILIES = ("qwen3_vl", "qwen2_5_vl")
NAME = "float64.safetensors"
LAST_POSITIONS = 12
DRAWS = 4
ROUNDING = 2.0**-24
HALF_A_ROUNDING = 2.0**-25
INSTRUCTION_SETS = {
    "AVX-512": {},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "none": {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "ONEDNN_MAX_CPU_ISA": "SSE41"},
    "fused attention": {},
}


class StaysDouble(TorchFunctionMode):
    """Casts to float32 that the library writes out leave float64 as it is."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if args and isinstance(args[0], torch.Tensor) and args[0].dtype == torch.float64:
            if function is torch.Tensor.float:
                return args[0]
            if function is torch.Tensor.to and torch.float32 in args[1:]:
                return args[0]
            if function is torch.nn.functional.softmax and kwargs.get("dtype") == torch.float32:
                kwargs["dtype"] = torch.float64
        return function(*args, **kwargs)


def double(model):
    tables = {name: buffer for name, buffer in model.named_buffers() if "inv_freq" in name}
    model.double()
    for name, buffer in tables.items():
        owner, _, last = name.rpartition(".")
        setattr(model.get_submodule(owner), last, buffer.float())
    return model


def disturb(model, seed):
    """Hooks that put every product's operands and results off by a rounding; their handles."""
    generator = torch.Generator().manual_seed(seed)

    def off(x):
        signs = torch.randint(0, 2, x.shape, generator=generator, dtype=torch.int8)
        return x * (1 + ROUNDING * (2.0 * signs.to(x.dtype) - 1))

    handles = []
    for module in model.modules():
        products = isinstance(module, (torch.nn.Linear, torch.nn.Conv3d)) or type(module).__name__.endswith("TextExperts")
        if products:
            handles.append(module.register_forward_pre_hook(lambda _, args: (off(args[0]), *args[1:])))
            handles.append(module.register_forward_hook(lambda _, args, out: off(out)))
    return handles


def compute(model, batch, activations):
    """Logits and, if wanted, activations by name, [..., width]."""
    seen, handles = {}, []

    def keep(name):
        def hook(module, inputs, output):
            seen[name] = (output[0] if isinstance(output, tuple) else output).detach()

        return hook

    if activations:
        towers = model.model
        for index, block in enumerate(towers.visual.blocks):
            handles.append(block.register_forward_hook(keep(f"vision_block_{index}")))
        merger = towers.visual.merger
        handles.append(merger.register_forward_hook(keep("vision_merger")))
        for index, layer in enumerate(towers.language_model.layers):
            handles.append(layer.register_forward_hook(keep(f"text_layer_{index}")))
    with torch.no_grad():
        seen["logits"] = model(**batch).logits
    for handle in handles:
        handle.remove()
    return {name: value.clone() for name, value in seen.items()}


def share(wanted, found):
    """By row, the largest difference as a share of the row's largest value."""
    largest = wanted.abs().amax(-1)
    return ((found.double() - wanted).abs().amax(-1) / largest).nan_to_num(0)


def reference(model, batch, activations=False, pick=lambda values: values):
    """Values in float64 and how far a rounding moves them."""
    double(model)
    batch = {name: value.double() if value.is_floating_point() else value for name, value in batch.items()}
    with StaysDouble():
        values = pick(compute(model, batch, activations))
        moved = {name: torch.zeros(value.shape[:-1], dtype=torch.float64) for name, value in values.items()}
        for draw in range(DRAWS):
            handles = disturb(model, draw)
            for name, value in pick(compute(model, batch, activations)).items():
                moved[name] = torch.maximum(moved[name], share(values[name], value))
            for handle in handles:
                handle.remove()
    return values, moved


def last(values):
    return {"logits": values["logits"][:, -LAST_POSITIONS:]}


def cases(family, attention="eager"):
    """(name, model, batch, activations, pick, which rows of tokens count) of everything a family's fixtures hold."""
    folder = GOLDENS / family
    forward = load_file(folder / "forward.safetensors")
    names = ("input_ids", "attention_mask", "pixel_values", "image_grid_thw", "position_ids")
    batch = {name: forward[name] for name in names}

    def base():
        return AutoModelForImageTextToText.from_pretrained(
            folder / "checkpoint", dtype=torch.float32, attn_implementation=attention
        ).eval()

    visible = batch["attention_mask"].bool()

    yield "", base(), batch, True, lambda values: values, visible
    for adapter in ("adapter", "dora"):
        yield f"{adapter}.", PeftModel.from_pretrained(base(), folder / adapter).eval(), batch, False, last, visible[:, -LAST_POSITIONS:]
        merged = base()
        stored = load_file(folder / "merged" / f"{adapter}.safetensors")
        with torch.no_grad():
            for name, parameter in merged.named_parameters():
                if name in stored:
                    parameter.copy_(stored[name])
        yield f"merged_{adapter}.", merged, batch, False, last, visible[:, -LAST_POSITIONS:]


def drawn(folder, attention="eager"):
    config = AutoConfig.from_pretrained(folder)
    model = shapes.build(config, shapes.KINDS[folder.name.rsplit("-", 1)[0]])
    model.set_attn_implementation(attention)
    stored = load_file(folder / "reference.safetensors")
    batch = shapes.inputs(config, stored["input_ids"], stored["attention_mask"], stored["image_grid_thw"])
    chosen = stored["chosen"]

    def pick(values):
        logits = values["logits"]
        return {"logits": logits.gather(1, chosen[..., None].expand(-1, -1, logits.shape[-1]))}

    return "", model, batch, False, pick, torch.ones(chosen.shape, dtype=torch.bool)


def files():
    for family in FAMILIES:
        yield GOLDENS / family / NAME, lambda attention="eager", family=family: cases(family, attention)
    for folder in sorted(shapes.TARGET.iterdir()):
        yield folder / NAME, lambda attention="eager", folder=folder: [drawn(folder, attention)]


def write():
    for file, all_cases in files():
        tensors = {}
        for prefix, model, batch, activations, pick, _ in all_cases():
            values, moved = reference(model, batch, activations, pick)
            for name, value in values.items():
                tensors[prefix + name] = value.float().contiguous()
                tensors[f"moved.{prefix}{name}"] = moved[name].float().contiguous()
        save_file(tensors, file)
        print(f"{file}: {file.stat().st_size} bytes")


def difference(out, attention):
    """The public library in float32 against the references, in multiples of `moved`; largest by file and kind."""
    for file, all_cases in files():
        stored = load_file(file)
        for prefix, model, batch, activations, pick, visible in all_cases(attention):
            for name, value in pick(compute(model, batch, activations)).items():
                off = share(stored[prefix + name].double(), value)
                moved = stored[f"moved.{prefix}{name}"].double().clamp_min(HALF_A_ROUNDING)
                times = off / moved if name.startswith("vision") else (off / moved).reshape(visible.shape)[visible]
                print(f"{file.parent.name} {prefix}{name} {times.max().item():.2f}", file=out)


def measure():
    for name, variables in INSTRUCTION_SETS.items():
        attention = "sdpa" if name == "fused attention" else "eager"
        with tempfile.NamedTemporaryFile("r") as lines:
            subprocess.run(
                [sys.executable, __file__, "--against", attention, lines.name],
                env={**os.environ, **variables},
                check=True,
            )
            rows = [line.split() for line in lines]
        print(f"{name}: largest multiple of what a rounding moves, by tensor")
        for file in sorted({row[0] for row in rows}):
            worst = max((row for row in rows if row[0] == file), key=lambda row: float(row[2]))
            logits = max((row for row in rows if row[0] == file and row[1].endswith("logits")), key=lambda row: float(row[2]))
            print(f"  {file:14} {worst[1]:22} {worst[2]:>6}   {logits[1]:22} {logits[2]:>6}")


def main():
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--against"]:
        with open(sys.argv[3], "w") as out:
            difference(out, sys.argv[2])
    elif sys.argv[1:] == ["--measure"]:
        measure()
    else:
        write()


if __name__ == "__main__":
    main()
