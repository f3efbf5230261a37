#!/usr/bin/env python3
"""Makes model/src/test/resources/expert-adapters: what the public PEFT library computes with adapters on fused experts.

Run from the repository's root with torch, transformers, peft, safetensors and numpy installed:

    python tools/expert_adapter_fixtures.py

Each folder is named after the shape below model/src/test/resources/shapes that its adapter is for, whose weights and batch
make_shape_fixtures.py computes, and holds the adapter as PEFT's save_pretrained writes it, and float64.safetensors:
  logits, moved.logits  as float64_references.py makes them
  gradient.NAME         of each tensor of the adapter, for the loss of make_shape_fixtures.gradients, computed in float64
  merged.NAME           of each weight that PEFT changes when it merges, as stored: its product with numbers from its name, and
                        its norm, both in float64
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoConfig

import float64_references as exact
import make_shape_fixtures as shapes

TARGET = Path("model/src/test/resources/expert-adapters")
GATE_UP = "mlp.experts.gate_up_proj"
DOWN = "mlp.experts.down_proj"
ADAPTERS = {
    # Every second layer has experts; the others have linear layers.
    "qwen3_vl_moe-1": dict(
        r=3,
        lora_alpha=5,
        target_modules=["q_proj", "down_proj"],
        target_parameters=[DOWN, GATE_UP],
        rank_pattern={r"experts\.gate_up_proj": 2},
        alpha_pattern={"q_proj": 2},
        use_rslora=True,
    ),
    "qwen3_vl_moe-2": dict(r=2, lora_alpha=48, target_parameters=["experts.down_proj"]),
    "qwen3_vl_moe-3": dict(r=2, lora_alpha=3, target_modules="all-linear", target_parameters=["gate_up_proj"]),
}


def base(shape):
    config = AutoConfig.from_pretrained(shapes.TARGET / shape)
    return shapes.build(config, shapes.KINDS["qwen3_vl_moe"])


def make_adapter(shape, settings, folder):
    torch.manual_seed(17)
    model = get_peft_model(base(shape), LoraConfig(**settings))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text())
    for key in ("target_modules", "target_parameters"):
        if isinstance(config[key], list):
            config[key].sort()
    file.write_text(json.dumps({**config, "base_model_name_or_path": None}, indent=2) + "\n")


def gradients(model, batch):
    model = exact.double(model)
    batch = {name: value.double() if value.is_floating_point() else value for name, value in batch.items()}
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name)
    ids, mask = batch["input_ids"], batch["attention_mask"]
    learned = (mask[:, :-1] == 1) & (mask[:, 1:] == 1) & (ids[:, 1:] != model.config.image_token_id)
    with exact.StaysDouble():
        logits = model(**batch).logits[:, :-1][learned]
        torch.nn.functional.cross_entropy(logits, ids[:, 1:][learned], reduction="sum").backward()
    found = {}
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            found["gradient." + name.replace(".default.", ".")] = parameter.grad.float()
    return found


def merged(shape, folder):
    model = exact.double(base(shape))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model = PeftModel.from_pretrained(model, folder, autocast_adapter_dtype=False).merge_and_unload()
    found = {}
    for name, value in model.state_dict().items():
        if not torch.equal(value, before[name]):
            stored = value.transpose(1, 2) if ".experts." in name else value
            direction = torch.from_numpy(shapes.uniform("direction." + name, stored.numel()))
            found["merged." + name] = torch.stack([stored.flatten() @ direction, stored.norm()])
    return found


def main():
    torch.set_num_threads(1)
    shutil.rmtree(TARGET, ignore_errors=True)
    for shape, settings in ADAPTERS.items():
        folder = TARGET / shape
        folder.mkdir(parents=True)
        make_adapter(shape, settings, folder)

        def adapted():
            return PeftModel.from_pretrained(base(shape), folder).eval()

        _, model, batch, _, pick, _ = exact.drawn(shapes.TARGET / shape)
        found = gradients(adapted(), batch)
        values, moved = exact.reference(adapted(), batch, pick=pick)
        found["logits"], found["moved.logits"] = values["logits"].float(), moved["logits"].float()
        found.update(merged(shape, folder))
        save_file({name: value.contiguous() for name, value in found.items()}, folder / exact.NAME)
        names = load_file(folder / "adapter_model.safetensors")
        difference = (found["logits"] - load_file(shapes.TARGET / shape / exact.NAME)["logits"]).abs().max()
        print(f"{shape}: {len(names)} tensors, logits up to {difference:.2f} from those without")
        for name, value in names.items():
            if "experts" in name:
                print(" ", name, list(value.shape))


if __name__ == "__main__":
    main()
