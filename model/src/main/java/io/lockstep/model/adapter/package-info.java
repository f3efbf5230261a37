/**
 * Low-rank adapters (LoRA, DoRA) in the public PEFT format: which layers they sit on, their tensors
 * in and out, and how they change a linear layer. Imports {@code tensor} and the model's {@code
 * config}, {@code parameter} and {@code safetensors} packages.
 */
@NullMarked
package io.lockstep.model.adapter;

import org.jspecify.annotations.NullMarked;
