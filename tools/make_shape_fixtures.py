#!/usr/bin/env python3
"""Makes model/src/test/resources/shapes: models of drawn shapes, and what the public library computes with them.

Run from the repository's root with torch, transformers, safetensors and numpy installed:

    python tools/make_shape_fixtures.py             # of all families
    python tools/make_shape_fixtures.py FAMILY ...  # of some

Each folder FAMILY-N holds a config.json and reference.safetensors. All sizes are drawn: heads and their widths, grouped
queries, rotary sections and bases, depths, DeepStack layers, windows, patches, vocabularies, special tokens. Weights and
pixels are not stored, both sides compute them: element i of a tensor is made of the upper 24 bits of the SplitMix64 mix of
fnv1a64(name) + (i + 1) * 0x9E3779B97F4A7C15, see `uniform` and `weight`.

The batch has four rows, left-padded: a picture, two pictures of other sizes, text alone, a wide picture. Stored of it:
  input_ids, attention_mask [B, T], position_ids [3, B, T], image_grid_thw [pictures, 3]
  chosen [B, K]      positions in the padded row whose logits are kept, first to last
  logits [B, K, V]   float32, eager attention, one thread
  gradients.safetensors: see `gradients`
  router.safetensors: of families with experts, see `router`
  new_tokens [B, 6]  greedy continuation of all rows as one batch; no token is closer to another than MARGIN
"""

import random
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLMoeConfig,
    Qwen3VLMoeForConditionalGeneration,
)

TARGET = Path("model/src/test/resources/shapes")
SHAPES = 6
KEPT = 10
NEW_TOKENS = 6
MARGIN = 1e-3
RATIOS = [1, 2, 3, 4, 6, 8]
MASK = (1 << 64) - 1


def fnv1a64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def uniform(name, count):
    """Numbers in [-1, 1), multiples of 2^-23, from a tensor's name alone."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a64(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1


def weight(name, shape):
    """Matrices keep the variance of what they multiply; biases lie around 0, weights of norms around 1."""
    values = uniform(name, int(np.prod(shape)))
    if len(shape) > 1:
        values = values * np.sqrt(3.0 / int(np.prod(shape[1:])))
    elif name.endswith(".bias"):
        values = values * 0.25
    else:
        values = values * 0.25 + 1
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def sections(draw, half):
    """Three numbers that sum to half, the first at least 1."""
    first, second = sorted(draw.randint(1, half) for _ in range(2))
    return [first, second - first, half - second]


def subset(draw, count, least, most):
    return sorted(draw.sample(range(count), draw.randint(least, min(count, most))))


def text_config(draw, ratio, layers):
    return {
        "vocab_size": draw.randint(60, 130),
        "intermediate_size": draw.randint(20, 100),
        "num_hidden_layers": layers,
        "rms_norm_eps": draw.choice([1e-6, 1e-5, 1e-4]),
        "max_position_embeddings": draw.choice([512, 4096, 32768]),
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "bos_token_id": None,
        "eos_token_id": None,
        "rope_theta": draw.choice([1e4, 12345.0, 1e6, 5e6]),
        "kv": draw.randint(1, 2),
        "ratio": ratio,
    }


def vision_config(draw, index):
    heads = draw.randint(1, 4)
    return {
        "depth": draw.randint(2, 4),
        "hidden_size": heads * draw.choice([8, 12, 16]),
        "num_heads": heads,
        "intermediate_size": draw.randint(20, 90),
        "patch_size": draw.choice([2, 3, 4, 6, 8, 14]),
        "temporal_patch_size": draw.choice([1, 2]),
        "spatial_merge_size": [2, 1, 3][index % 3],
    }


def special_tokens(draw, vocabulary):
    ids = draw.sample(range(vocabulary), 5)
    names = ["image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id", "pad"]
    return dict(zip(names, ids))


def qwen3_parts(draw, index, ratio):
    text, vision = text_config(draw, ratio, draw.randint(2, 3)), vision_config(draw, index)
    special = special_tokens(draw, text["vocab_size"])
    kv, heads, theta = text.pop("kv"), text.pop("ratio"), text.pop("rope_theta")
    head_dim = draw.choice([8, 10, 12, 16, 20, 24])
    hidden = draw.choice([width for width in range(16, 65, 4) if width != kv * heads * head_dim])
    text.update(
        hidden_size=hidden,
        num_attention_heads=kv * heads,
        num_key_value_heads=kv,
        head_dim=head_dim,
        attention_bias=False,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": theta,
            "mrope_interleaved": True,
            "mrope_section": sections(draw, head_dim // 2),
        },
    )
    vision.update(
        out_hidden_size=hidden,
        in_channels=3,
        hidden_act="gelu_pytorch_tanh",
        num_position_embeddings=draw.randint(2, 9) ** 2,
        deepstack_visual_indexes=subset(draw, vision["depth"], 0 if index == 0 else 1, text["num_hidden_layers"]),
    )
    pad = special.pop("pad")
    return {"text_config": text, "vision_config": vision, "tie_word_embeddings": index % 2 == 0, **special}, pad


def qwen3(draw, index, ratio):
    parts, pad = qwen3_parts(draw, index, ratio)
    return Qwen3VLConfig(**parts), pad


def qwen3_moe(draw, index, ratio):
    """Experts in all layers, in every second, or in all but some."""
    parts, pad = qwen3_parts(draw, index, ratio)
    text = parts["text_config"]
    experts = draw.randint(3, 9)
    text.update(
        num_experts=experts,
        num_experts_per_tok=draw.randint(1, min(4, experts)),
        moe_intermediate_size=draw.randint(8, 40),
        decoder_sparse_step=[1, 2, 1][index % 3],
        mlp_only_layers=[0] if index % 3 == 2 else [],
    )
    return Qwen3VLMoeConfig(**parts), pad


def qwen25(draw, index, ratio):
    text, vision = text_config(draw, ratio, draw.randint(2, 3)), vision_config(draw, index)
    special = special_tokens(draw, text["vocab_size"])
    kv, heads, theta = text.pop("kv"), text.pop("ratio"), text.pop("rope_theta")
    kv = min(kv, 8 // heads) or 1
    widths = [width for width in range(6, 33, 2) if 16 <= kv * heads * width <= 64]
    head_dim = draw.choice(widths)
    hidden = kv * heads * head_dim
    text.update(
        hidden_size=hidden,
        num_attention_heads=kv * heads,
        num_key_value_heads=kv,
        use_sliding_window=False,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": theta,
            "mrope_section": sections(draw, head_dim // 2),
        },
    )
    token = vision["patch_size"] * vision["spatial_merge_size"]
    vision.update(
        out_hidden_size=hidden,
        in_channels=3,
        hidden_act="silu",
        window_size=token * draw.randint(1, 4),
        fullatt_block_indexes=subset(draw, vision["depth"], 0, vision["depth"]),
        tokens_per_second=draw.randint(1, 4),
    )
    pad = special.pop("pad")
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=index % 2 == 0, **special)
    return config, pad


FAMILIES = {"qwen3_vl": qwen3, "qwen2_5_vl": qwen25, "qwen3_vl_moe": qwen3_moe}
KINDS = {
    "qwen3_vl": Qwen3VLForConditionalGeneration,
    "qwen2_5_vl": Qwen2_5_VLForConditionalGeneration,
    "qwen3_vl_moe": Qwen3VLMoeForConditionalGeneration,
}


def build(config, kind):
    """The public model with weights from their names."""
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    model = kind(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            shape = tuple(parameter.shape)
            if ".experts." in name:
                # Stored the other way round: [experts, in, out].
                parameter.copy_(weight(name, (shape[0], shape[2], shape[1])).transpose(1, 2))
            else:
                parameter.copy_(weight(name, shape))
    model.generation_config.eos_token_id = None
    return model


def rows(draw, config, pad):
    """Token rows of different lengths, and the grids of their pictures."""
    merge = config.vision_config.spatial_merge_size
    special = {config.image_token_id, config.video_token_id, config.vision_start_token_id, config.vision_end_token_id, pad}
    plain = [token for token in range(config.text_config.vocab_size) if token not in special]
    wanted = [
        [(draw.randint(2, 5), draw.randint(2, 5))],
        [(1, draw.randint(1, 3)), (draw.randint(3, 5), draw.randint(1, 4))],
        [],
        [(1, draw.randint(7, 11))],
    ]
    tokens, grids = [], []
    for pictures in wanted:
        row = draw.choices(plain, k=draw.randint(1, 4))
        for high, wide in pictures:
            row += [config.vision_start_token_id] + [config.image_token_id] * (high * wide) + [config.vision_end_token_id]
            row += draw.choices(plain, k=draw.randint(1, 3))
            grids.append([1, high * merge, wide * merge])
        tokens.append(row + draw.choices(plain, k=draw.randint(4, 9)))
    return tokens, torch.tensor(grids)


def padded(tokens, pad):
    """The rows as input_ids and attention_mask."""
    length = max(len(row) for row in tokens)
    ids = torch.tensor([[pad] * (length - len(row)) + row for row in tokens])
    return ids, torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in tokens])


def inputs(config, ids, mask, grids):
    vision = config.vision_config
    values = 3 * vision.temporal_patch_size * vision.patch_size**2
    patches = int(grids.prod(-1).sum())
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "mm_token_type_ids": (ids == config.image_token_id).int(),
        "image_grid_thw": grids,
        "pixel_values": torch.from_numpy(uniform("pixel_values", patches * values).astype(np.float32)).reshape(patches, values),
    }


def chosen(mask):
    """K positions of each row from its first visible to its last."""
    length = mask.shape[1]
    picked = []
    for row in mask:
        first = length - int(row.sum())
        picked.append([first + round(i * (length - 1 - first) / (KEPT - 1)) for i in range(KEPT)])
    return torch.tensor(picked)


def greedy(model, batch, pad):
    with torch.inference_mode():
        out = model.generate(
            **batch,
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            pad_token_id=pad,
            output_scores=True,
            return_dict_in_generate=True,
        )
    best = torch.stack(out.scores).topk(2, dim=-1).values
    return out.sequences[:, batch["input_ids"].shape[1] :].contiguous(), (best[..., 0] - best[..., 1]).min().item()


def example(family, index, ratio):
    """Draws a shape, and a batch again until no greedy choice is closer than the margin or a placeholder of a picture."""
    draw = random.Random(f"{family} {index}")
    config, pad = FAMILIES[family](draw, index, ratio)
    model = build(config, KINDS[family])
    while True:
        tokens, grids = rows(draw, config, pad)
        batch = inputs(config, *padded(tokens, pad), grids)
        new_tokens, margin = greedy(model, batch, pad)
        if margin > MARGIN and config.image_token_id not in new_tokens:
            return model, pad, batch, new_tokens


def positions(model, batch):
    ids, _ = model.model.get_rope_index(
        batch["input_ids"],
        batch["mm_token_type_ids"],
        image_grid_thw=batch["image_grid_thw"],
        attention_mask=batch["attention_mask"],
    )
    return ids


def described(model):
    """By parameter, as stored, its gradient's product with numbers from the parameter's name, and its norm; of parameters that the
    loss does not reach, zeros."""
    found = {}
    for name, parameter in model.named_parameters():
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        if ".experts." in name:
            gradient = gradient.transpose(1, 2)
        gradient = gradient.double().flatten()
        direction = torch.from_numpy(uniform("direction." + name, gradient.numel()))
        found[name] = torch.stack([gradient @ direction, gradient.norm()])
    return found


def router(model, batch):
    """The routers' auxiliary loss over the batch, and its gradients."""
    model.zero_grad()
    loss = model(**batch, output_router_logits=True).aux_loss
    loss.backward()
    return {"router_aux": loss.detach().double()[None], **described(model)}


def gradients(model, batch):
    """Of the cross entropy of all text tokens that follow another, summed."""
    ids, mask = batch["input_ids"], batch["attention_mask"]
    learned = (mask[:, :-1] == 1) & (mask[:, 1:] == 1) & (ids[:, 1:] != model.config.image_token_id)
    logits = model(**batch).logits[:, :-1][learned]
    torch.nn.functional.cross_entropy(logits, ids[:, 1:][learned], reduction="sum").backward()
    return described(model)


def write(family, index, ratio):
    model, pad, batch, new_tokens = example(family, index, ratio)
    with torch.inference_mode():
        logits = model(**batch).logits
    picked = chosen(batch["attention_mask"])
    kept = logits.gather(1, picked[..., None].expand(-1, -1, logits.shape[-1])).contiguous()
    folder = TARGET / f"{family}-{index}"
    folder.mkdir(parents=True)
    model.config.dtype = "float32"
    model.config.save_pretrained(folder)
    tensors = {name: batch[name] for name in ("input_ids", "attention_mask", "image_grid_thw")}
    tensors.update(position_ids=positions(model, batch).contiguous(), chosen=picked, logits=kept, new_tokens=new_tokens)
    tensors["pad_token_id"] = torch.tensor([pad])
    save_file(tensors, folder / "reference.safetensors")
    save_file(gradients(model, batch), folder / "gradients.safetensors")
    if family == "qwen3_vl_moe":
        save_file(router(model, batch), folder / "router.safetensors")
    text, vision = model.config.text_config, model.config.vision_config
    print(
        f"{folder.name}: hidden {text.hidden_size}, {text.num_attention_heads} heads of "
        f"{model.model.language_model.layers[0].self_attn.head_dim} to {text.num_key_value_heads}, "
        f"patch {vision.patch_size}x{vision.temporal_patch_size}, merge {vision.spatial_merge_size}, "
        f"{getattr(vision, 'deepstack_visual_indexes', None) or getattr(vision, 'fullatt_block_indexes', None)}, "
        f"logits up to {kept.abs().max():.2f}"
    )


def main():
    torch.set_num_threads(1)
    for family in sys.argv[1:] or FAMILIES:
        for index in range(SHAPES):
            shutil.rmtree(TARGET / f"{family}-{index}", ignore_errors=True)
        ratios = random.Random(family).sample(RATIOS, SHAPES)
        for index, ratio in enumerate(ratios):
            write(family, index, ratio)


if __name__ == "__main__":
    main()
