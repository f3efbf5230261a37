"""Writes logits-processors.json beside this file: what the logits processors of transformers make of one vector.

Run with torch and transformers installed; the product and its tests need neither.
"""

import json
import math
import pathlib

import torch
import transformers
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinNewTokensLengthLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

VOCABULARY = 48
END_TOKENS = [5, 17]
PROMPT = [3, 9, 9, 30, 41]
ANSWER = [7, 30]
CASES = [
    # temperature, top_p, top_k, repetition_penalty, min_new_tokens
    (1.0, 1.0, 0, 1.0, 0),
    (0.7, 0.8, 20, 1.0, 0),
    (1e-6, 1.0, 50, 1.05, 0),
    (1.3, 0.5, 0, 1.2, 3),
    (0.9, 1.0, 7, 0.8, 2),
    (2.0, 0.95, 12, 1.5, 3),
    (1.0, 0.01, 0, 1.0, 3),
]


def processed(logits, temperature, top_p, top_k, penalty, min_new):
    steps = LogitsProcessorList()
    if penalty != 1.0:
        steps.append(RepetitionPenaltyLogitsProcessor(penalty=penalty))
    if min_new > 0:
        steps.append(MinNewTokensLengthLogitsProcessor(len(PROMPT), min_new, END_TOKENS, device="cpu"))
    if temperature != 1.0:
        steps.append(TemperatureLogitsWarper(temperature))
    if top_k != 0:
        steps.append(TopKLogitsWarper(top_k=top_k))
    if top_p < 1.0:
        steps.append(TopPLogitsWarper(top_p=top_p))
    ids = torch.tensor([PROMPT + ANSWER])
    return torch.softmax(steps(ids, logits.clone()[None])[0], -1)


logits = torch.tensor([3.0 * math.sin(1.7 * i) + 2.0 * math.cos(0.31 * i * i) for i in range(VOCABULARY)])
cases = []
for case in CASES:
    probabilities = processed(logits, *case)
    cases.append(
        {
            **dict(zip(["temperature", "top_p", "top_k", "repetition_penalty", "min_new_tokens"], case)),
            "probabilities": {str(i): float(p) for i, p in enumerate(probabilities) if p > 0},
        }
    )
target = pathlib.Path(__file__).with_name("logits-processors.json")
target.write_text(
    json.dumps(
        {
            "transformers": transformers.__version__,
            "end_tokens": END_TOKENS,
            "prompt": PROMPT,
            "answer": ANSWER,
            "logits": logits.tolist(),
            "cases": cases,
        },
        indent=1,
    )
    + "\n"
)
