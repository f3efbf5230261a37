"""Checks that Lockstep and the public PEFT library understand each other's adapters.

Run from the repository's root with torch, transformers, peft and safetensors installed:

    python tools/compare_with_peft.py --model base-model --conversations runs/lora-data/heldout.jsonl \
        --ours runs/lora/checkpoints/step-00000200 --work /tmp/peft

For each adapter, `lockstep align dump` writes Lockstep's inputs and logits, and the public library computes the logits of
the same inputs:

* the adapters in --ours, which Lockstep has trained, are loaded by the public library;
* LoRA and DoRA adapters with random values, some without layers, which the public library writes, some on experts or on embedding table
  and head if the model has experts or a head of its own, are loaded by
  Lockstep, merged with `lockstep export merge`, and the merged model is loaded by the public library.

The last line is `peft: OK` if all logits agree within --tolerance, else `peft: DIFFERS`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

KINDS = {
    "lora": {"target_modules": "all-linear", "r": 8, "lora_alpha": 16},
    "dora": {
        "target_modules": r".*\.(q_proj|v_proj|down_proj|qkv|linear_fc2)",
        "modules_to_save": ["visual.merger"],
        "r": 4,
        "lora_alpha": 6,
        "use_dora": True,
        "use_rslora": True,
    },
    "numbered": {
        "target_modules": ["q_proj", "qkv", "linear_fc1"],
        "layers_to_transform": [0, 1],
        "layers_pattern": ["layers", "blocks"],
        "r": 4,
        "lora_alpha": 6,
    },
}
ALONE = {
    "alone": {"target_modules": "dummy-target-modules", "modules_to_save": ["visual.merger"], "r": 8, "lora_alpha": 16},
}
OF_UNTIED = {
    "tables": {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens", "lm_head"], "r": 4, "lora_alpha": 8},
    "tables-alone": {"target_modules": "dummy-target-modules", "modules_to_save": ["embed_tokens", "lm_head"], "r": 8},
}
OF_EXPERTS = {
    "experts": {
        "target_modules": ["q_proj"],
        "target_parameters": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"],
        "modules_to_save": ["mlp.gate"],
        "r": 4,
        "lora_alpha": 16,
    },
    "down": {"target_parameters": ["experts.down_proj"], "r": 3, "lora_alpha": 12, "use_rslora": True},
}


def load(folder):
    return AutoModelForImageTextToText.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def kinds(base):
    """What is tried with a base model."""
    config = json.loads((base / "config.json").read_text())
    experts = config["model_type"].endswith("_moe")
    untied = not config.get("tie_word_embeddings", True)
    return {**KINDS, **ALONE, **(OF_UNTIED if untied else {}), **(OF_EXPERTS if experts else {})}


def make_adapter(base, settings, folder):
    """An adapter of the public library with random values."""
    torch.manual_seed(5)
    model = get_peft_model(load(base), LoraConfig(**settings))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.02)
            elif "lora_magnitude_vector" in name:
                parameter.mul_(1 + 0.1 * torch.randn_like(parameter))
            elif "modules_to_save" in name:
                parameter.add_(0.02 * torch.randn_like(parameter))
    model.peft_config["default"].base_model_name_or_path = str(base)
    model.save_pretrained(folder)


def dumped(arguments, model, name):
    """What Lockstep computes of the conversations, as tensors."""
    folder = arguments.work / f"dump-{name}"
    subprocess.run(
        [arguments.lockstep, "align", "dump", "--model", str(model)]
        + ["--conversations", str(arguments.conversations), "--out", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return load_file(folder / "forward.safetensors")


def difference(model, dump):
    """The largest difference of logits where nothing is padded, and the largest logit."""
    inputs = {
        name: dump[name]
        for name in ("input_ids", "attention_mask", "position_ids", "pixel_values", "image_grid_thw")
        if name in dump
    }
    with torch.no_grad():
        logits = model(**inputs).logits
    mask = dump["attention_mask"].bool()
    return (logits - dump["logits"])[mask].abs().max().item(), logits[mask].abs().max().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=Path, help="the base model's folder")
    parser.add_argument("--conversations", required=True, type=Path, help="a JSONL file as for training")
    parser.add_argument("--ours", nargs="*", default=[], type=Path, help="adapters that Lockstep has written")
    parser.add_argument("--work", required=True, type=Path, help="a new folder for what is made on the way")
    parser.add_argument("--lockstep", default="./lockstep", help="the command")
    parser.add_argument("--tolerance", default=1e-4, type=float, help="largest difference of a logit (default: %(default)s)")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True)
    base = arguments.model.resolve()
    torch.set_num_threads(1)
    worst = 0.0

    def report(what, model, dump):
        nonlocal worst
        found, largest = difference(model, dump)
        worst = max(worst, found)
        print(f"{what}: logits differ by {found:.2e} at most (largest logit {largest:.1f})")

    for number, ours in enumerate(arguments.ours):
        dump = dumped(arguments, ours, f"ours-{number}")
        report(f"{ours} loaded by the public library", PeftModel.from_pretrained(load(base), ours).eval(), dump)
    for kind, settings in kinds(base).items():
        theirs = arguments.work / f"peft-{kind}"
        make_adapter(base, settings, theirs)
        dump = dumped(arguments, theirs, kind)
        report(f"{kind} of the public library loaded by Lockstep", PeftModel.from_pretrained(load(base), theirs).eval(), dump)
        merged = arguments.work / f"merged-{kind}"
        subprocess.run(
            [arguments.lockstep, "export", "merge", "--model", str(base)]
            + ["--adapter", str(theirs), "--out", str(merged)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        report(f"{kind} merged by Lockstep, loaded by the public library", load(merged), dump)
    ok = worst <= arguments.tolerance
    print("peft: OK" if ok else "peft: DIFFERS")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
