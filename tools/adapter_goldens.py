"""Makes the DoRA fixtures below model/src/test/resources/goldens: what the public PEFT library computes.

Run from the repository's root with torch, transformers, peft and safetensors installed:

    python tools/adapter_goldens.py

For each family, FAMILY/dora receives an adapter with learned magnitudes on text and vision layers, of two ranks, scaled
by the square root of the rank, and with a merger that is trained whole; the logits with it at the last positions of the
reference batch; and its tensors, losses and gradient norms over ten training steps. FAMILY/merged receives, for the LoRA
adapter and for this one, the weights that PEFT changes when it merges them, and the merged model's logits. The script first repeats the ten LoRA
steps that the fixtures hold already, so that the same procedure makes both.
"""

import json
import math
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText

GOLDENS = Path("model/src/test/resources/goldens")
FAMILIES = ["qwen3_vl", "qwen2_5_vl"]
LAST_POSITIONS = 12
TARGETS = (
    r".*language_model.*\.(q_proj|v_proj|down_proj)"
    r"|.*visual\.blocks.*\.(qkv|proj|linear_fc2|up_proj)"
)


def load_base(folder):
    return AutoModelForImageTextToText.from_pretrained(
        folder / "checkpoint", dtype=torch.float32, attn_implementation="eager"
    )


def rows_of(batch, rows):
    """The inputs of some rows of the reference batch."""
    grids = batch["image_grid_thw"]
    patches = grids.prod(dim=1)
    starts = torch.cumsum(patches, 0) - patches
    images = [[0], [1, 2], [], [3]]
    chosen = [image for row in rows for image in images[row]]
    inputs = {name: batch[name][rows] for name in ("input_ids", "attention_mask")}
    inputs["position_ids"] = batch["position_ids"][:, rows]
    if chosen:
        inputs["image_grid_thw"] = grids[chosen]
        inputs["pixel_values"] = torch.cat(
            [batch["pixel_values"][starts[i] : starts[i] + patches[i]] for i in chosen]
        )
    return inputs, batch["labels"][rows]


def loss_sum(model, inputs, labels):
    logits = model(**inputs).logits.float()
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100, reduction="sum"
    )


def rate(step, schedule, peak):
    warmup, total, floor = schedule["warmup"], schedule["total"], schedule["floor_ratio"]
    if step <= warmup:
        return peak * step / warmup
    progress = (step - warmup) / (total - warmup)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress)))


def train(model, batch, cases):
    """The ten steps; returns what cases.json holds of each."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    adamw = cases["adamw"]
    optimizer = torch.optim.AdamW(
        parameters,
        betas=tuple(adamw["betas"]),
        eps=adamw["eps"],
        weight_decay=adamw["lora_weight_decay"],
    )
    steps = []
    for step in range(1, cases["schedule"]["total"] + 1):
        learning_rate = rate(step, cases["schedule"], cases["learning_rates"]["lora"])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.zero_grad()
        total = 0.0
        tokens = 0
        for rows in cases["micro_batches"]:
            inputs, labels = rows_of(batch, rows)
            loss = loss_sum(model, inputs, labels)
            loss.backward()
            total += loss.item()
            tokens += int((labels[:, 1:] != -100).sum())
        for parameter in parameters:
            parameter.grad /= tokens
        norm = torch.nn.utils.clip_grad_norm_(parameters, cases["max_grad_norm"])
        optimizer.step()
        steps.append(
            {
                "step": step,
                "loss": total / tokens,
                "supervised_tokens": tokens,
                "grad_norm": norm.item(),
                "lr": [learning_rate],
            }
        )
    return steps


def check_procedure(folder, batch, cases):
    """Repeats the LoRA steps of the fixtures."""
    model = PeftModel.from_pretrained(load_base(folder), folder / "adapter", is_trainable=True)
    worst = 0.0
    for found, expected in zip(train(model, batch, cases), cases["lora_training"]):
        for figure in ("loss", "grad_norm"):
            worst = max(worst, abs(found[figure] / expected[figure] - 1))
    print(f"{folder.name}: ten LoRA steps as in cases.json to {worst:.1e} relative")
    assert worst < 1e-5


def make_merged(folder, batch, adapter):
    base = load_base(folder)
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    merged = PeftModel.from_pretrained(base, folder / adapter).merge_and_unload().eval()
    changed = {
        name: tensor.contiguous()
        for name, tensor in merged.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    inputs, _ = rows_of(batch, [0, 1, 2, 3])
    with torch.no_grad():
        logits = merged(**inputs).logits[:, -LAST_POSITIONS:]
    (folder / "merged").mkdir(exist_ok=True)
    save_file(
        {**changed, "last_logits": logits.contiguous()}, folder / "merged" / f"{adapter}.safetensors"
    )


def make_dora(folder, batch, cases):
    torch.manual_seed(11)
    config = LoraConfig(
        r=4,
        lora_alpha=6,
        target_modules=TARGETS,
        modules_to_save=["visual.merger"],
        use_dora=True,
        use_rslora=True,
        rank_pattern={r"layers\.1\.self_attn\.q_proj": 3},
        alpha_pattern={"v_proj": 5},
    )
    model = get_peft_model(load_base(folder), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.05)
            elif "lora_magnitude_vector" in name:
                parameter.mul_(1 + 0.1 * torch.randn_like(parameter))
            elif parameter.requires_grad and parameter.dim() == 1:
                parameter.add_(0.05 * torch.randn_like(parameter))
    target = folder / "dora"
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    config_file = target / "adapter_config.json"
    settings = json.loads(config_file.read_text())
    settings["base_model_name_or_path"] = "../checkpoint"
    config_file.write_text(json.dumps(settings, indent=2) + "\n")
    inputs, _ = rows_of(batch, [0, 1, 2, 3])
    model.eval()
    with torch.no_grad():
        logits = model(**inputs).logits[:, -LAST_POSITIONS:].contiguous()
    save_file({"last_logits": logits}, target / "forward.safetensors")
    model.train()
    steps = train(model, batch, cases)
    (target / "training.json").write_text(json.dumps(steps, indent=1) + "\n")
    state = {name: value.contiguous() for name, value in get_peft_model_state_dict(model).items()}
    save_file(state, target / "after_10_steps.safetensors")
    print(f"{folder.name}: {len(state)} tensors, loss {steps[0]['loss']:.6f} to {steps[-1]['loss']:.6f}")


def main():
    torch.set_num_threads(1)
    for family in FAMILIES:
        folder = GOLDENS / family
        batch = load_file(folder / "forward.safetensors")
        cases = json.loads((folder / "cases.json").read_text())
        check_procedure(folder, batch, cases)
        make_dora(folder, batch, cases)
        for adapter in ("adapter", "dora"):
            make_merged(folder, batch, adapter)


if __name__ == "__main__":
    main()
