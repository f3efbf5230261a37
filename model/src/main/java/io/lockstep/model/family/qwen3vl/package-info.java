/**
 * Qwen3-VL: configuration and its reader, and the vision tower. Imports {@code tensor} and the
 * model's {@code network}, {@code layer}, {@code config}, {@code parameter} and {@code image}
 * packages.
 */
@NullMarked
package io.lockstep.model.family.qwen3vl;

import org.jspecify.annotations.NullMarked;
