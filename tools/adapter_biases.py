"""Makes goldens/FAMILY/biases below model/src/test/resources: adapters of the public PEFT library with trained biases.

Run from the repository's root with torch, transformers, peft and safetensors installed:

    python tools/adapter_biases.py

For each family, biases/all holds an adapter that trains all biases, beside a merger that is trained whole, and biases/lora_only one
that trains those of its own layers: the adapter with values that are drawn, the logits with it at the last positions of the
reference batch (forward.safetensors), and losses and gradient norms of ten training steps by the procedure of adapter_goldens.py
(training.json).
"""

import json
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

import adapter_goldens as goldens

KINDS = {
    "all": dict(r=2, lora_alpha=4, bias="all", modules_to_save=["visual.merger"]),
    "lora_only": dict(r=2, lora_alpha=4, bias="lora_only", use_dora=True),
}


def make(folder, kind, batch, cases):
    target = folder / "biases" / kind
    shutil.rmtree(target, ignore_errors=True)
    torch.manual_seed(19)
    model = get_peft_model(goldens.load_base(folder), LoraConfig(target_modules=goldens.TARGETS, **KINDS[kind]))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name or (parameter.requires_grad and name.endswith(".bias") and "original_module" not in name):
                parameter.add_(0.05 * torch.randn_like(parameter))
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    config = target / "adapter_config.json"
    settings = json.loads(config.read_text())
    settings["base_model_name_or_path"] = "../../checkpoint"
    config.write_text(json.dumps(settings, indent=2) + "\n")
    inputs, _ = goldens.rows_of(batch, [0, 1, 2, 3])
    model.eval()
    with torch.no_grad():
        logits = model(**inputs).logits[:, -goldens.LAST_POSITIONS :].contiguous()
    save_file({"last_logits": logits}, target / "forward.safetensors")
    model.train()
    steps = goldens.train(model, batch, cases)
    (target / "training.json").write_text(json.dumps(steps, indent=1) + "\n")
    print(f"{folder.name} {kind}: loss {steps[0]['loss']:.6f} to {steps[-1]['loss']:.6f}")


def main():
    torch.set_num_threads(1)
    for family in goldens.FAMILIES:
        folder = goldens.GOLDENS / family
        batch = load_file(folder / "forward.safetensors")
        cases = json.loads((folder / "cases.json").read_text())
        for kind in KINDS:
            make(folder, kind, batch, cases)


if __name__ == "__main__":
    main()
