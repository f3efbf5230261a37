"""Times the public Python library on the shape of Lockstep's bench model, for the ratios of docs/performance.md.

usage: peer.py FOLDER train|generate [THREADS] [BATCH]

Needs torch, transformers and safetensors. FOLDER gets random weights on the first call. Prints one JSON line.
"""

import json
import os
import statistics
import sys
import time

import torch
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

VOCABULARY = 8192
START, END, IMAGE, VIDEO = VOCABULARY - 7, VOCABULARY - 6, VOCABULARY - 4, VOCABULARY - 3
PICTURE_TOKENS, PATCHES, PATCH_VALUES = 64, 256, 1536


def config():
    text = dict(
        vocab_size=VOCABULARY, hidden_size=512, intermediate_size=1536, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=4, head_dim=64,
        rms_norm_eps=1e-6, max_position_embeddings=4096, attention_bias=False, tie_word_embeddings=True, hidden_act="silu",
        rope_parameters=dict(rope_type="default", rope_theta=5e6, mrope_section=[12, 10, 10], mrope_interleaved=True),
        bos_token_id=None, eos_token_id=VOCABULARY - 15, pad_token_id=VOCABULARY - 16)
    vision = dict(
        depth=6, hidden_size=256, intermediate_size=1024, num_heads=4, patch_size=16, temporal_patch_size=2, spatial_merge_size=2, in_channels=3,
        out_hidden_size=512, num_position_embeddings=576, deepstack_visual_indexes=[1, 3, 5], hidden_act="gelu_pytorch_tanh")
    return Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=True, image_token_id=IMAGE, video_token_id=VIDEO,
                         vision_start_token_id=START, vision_end_token_id=END)


def batch(rows, length, generator):
    ids = torch.randint(0, VOCABULARY - 20, (rows, length), generator=generator)
    ids[:, 0], ids[:, 1:1 + PICTURE_TOKENS], ids[:, 1 + PICTURE_TOKENS] = START, IMAGE, END
    labels = ids.clone()
    labels[:, :length // 2] = -100
    return dict(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=torch.randn(rows * PATCHES, PATCH_VALUES, generator=generator),
                image_grid_thw=torch.tensor([[1, 16, 16]] * rows), mm_token_type_ids=(ids == IMAGE).long()), labels


def train(model, generator, rows=4, length=384, steps=8):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    model.train()
    times = []
    for _ in range(steps):
        inputs, labels = batch(rows, length, generator)
        begin = time.time()
        optimizer.zero_grad()
        logits = model(**inputs, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, VOCABULARY), labels[:, 1:].reshape(-1), ignore_index=-100)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append(time.time() - begin)
    median = statistics.median(times[2:])
    return dict(step_s=median, tokens_per_s=rows * length / median)


def generate(model, generator, rows, tokens=64, prompt=130):
    model.eval()
    inputs, _ = batch(rows, prompt, generator)
    times = []
    for _ in range(4):
        begin = time.time()
        with torch.no_grad():
            model.generate(**inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, use_cache=True, eos_token_id=None, pad_token_id=0)
        times.append(time.time() - begin)
    return dict(batch=rows, tokens_per_s=rows * tokens / min(times[1:]))


def main():
    folder, what = sys.argv[1], sys.argv[2]
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    rows = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    torch.set_num_threads(threads)
    if not os.path.exists(os.path.join(folder, "model.safetensors")):
        torch.manual_seed(0)
        Qwen3VLForConditionalGeneration._from_config(config(), attn_implementation="sdpa").float().save_pretrained(folder)
    model = Qwen3VLForConditionalGeneration.from_pretrained(folder, attn_implementation="sdpa", dtype=torch.float32)
    generator = torch.Generator().manual_seed(1)
    figures = train(model, generator) if what == "train" else generate(model, generator, rows)
    print(json.dumps(dict(peer="transformers", what=what, threads=threads, **figures)))


main()
