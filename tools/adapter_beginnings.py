"""Makes goldens/FAMILY/beginnings below model/src/test/resources: how the public PEFT library begins adapters at a part of their weights.

Run from the repository's root with torch, transformers, peft and safetensors installed:

    python tools/adapter_beginnings.py

For each family and each way to begin (pissa, olora, and pissa with learned magnitudes) a folder receives the tensors A and B that
PEFT begins with (begin.safetensors), losses and gradient norms of ten training steps by the procedure of adapter_goldens.py
(training.json), and, without magnitudes, which PEFT's conversion leaves out, the trained adapter converted to a plain one on the
unchanged base model (path_initial_model_for_weight_conversion), with the logits that it gives there at the last positions of the
reference batch (forward.safetensors).
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file

import adapter_goldens as goldens

WAYS = {
    "pissa": dict(r=4, lora_alpha=6, init_lora_weights="pissa", use_rslora=True),
    "olora": dict(
        r=4,
        lora_alpha=4,
        init_lora_weights="olora",
        rank_pattern={r"layers\.1\.self_attn\.q_proj": 3},
        alpha_pattern={"v_proj": 5},
    ),
    "pissa_dora": dict(r=3, lora_alpha=6, init_lora_weights="pissa", use_dora=True),
}


def tensors(model):
    return {name: value.clone().contiguous() for name, value in get_peft_model_state_dict(model).items()}


def make(folder, way, batch, cases):
    target = folder / "beginnings" / way
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    torch.manual_seed(13)
    model = get_peft_model(goldens.load_base(folder), LoraConfig(target_modules=goldens.TARGETS, **WAYS[way]))
    begin = {name: value for name, value in tensors(model).items() if "magnitude" not in name}
    save_file(begin, target / "begin.safetensors")
    with tempfile.TemporaryDirectory() as temporary:
        first = Path(temporary) / "first"
        model.peft_config["default"].init_lora_weights = True
        model.save_pretrained(first)
        model.train()
        steps = goldens.train(model, batch, cases)
        (target / "training.json").write_text(json.dumps(steps, indent=1) + "\n")
        print(f"{folder.name} {way}: loss {steps[0]['loss']:.6f} to {steps[-1]['loss']:.6f}")
        if WAYS[way].get("use_dora"):
            return
        model.peft_config["default"].init_lora_weights = WAYS[way]["init_lora_weights"]
        model.save_pretrained(target, path_initial_model_for_weight_conversion=str(first))
    (target / "README.md").unlink(missing_ok=True)
    config = target / "adapter_config.json"
    settings = json.loads(config.read_text())
    settings["base_model_name_or_path"] = "../../checkpoint"
    config.write_text(json.dumps(settings, indent=2) + "\n")
    inputs, _ = goldens.rows_of(batch, [0, 1, 2, 3])
    model.eval()
    plain = PeftModel.from_pretrained(goldens.load_base(folder), target).eval()
    with torch.no_grad():
        logits = plain(**inputs).logits[:, -goldens.LAST_POSITIONS :].contiguous()
        own = model(**inputs).logits[:, -goldens.LAST_POSITIONS :]
    print(f"{folder.name} {way}: converted and own logits differ by {(logits - own).abs().max():.1e}")
    save_file({"last_logits": logits}, target / "forward.safetensors")


def main():
    torch.set_num_threads(1)
    for family in goldens.FAMILIES:
        folder = goldens.GOLDENS / family
        batch = load_file(folder / "forward.safetensors")
        cases = json.loads((folder / "cases.json").read_text())
        for way in WAYS:
            make(folder, way, batch, cases)


if __name__ == "__main__":
    main()
