/**
 * Qwen3-VL-MoE: configuration and its reader, and the experts; the vision tower is Qwen3-VL's.
 * Imports {@code tensor}, the family {@code qwen3vl} and the model's {@code network}, {@code
 * layer}, {@code config} and {@code parameter} packages.
 */
@NullMarked
package io.lockstep.model.family.qwen3vlmoe;

import org.jspecify.annotations.NullMarked;
