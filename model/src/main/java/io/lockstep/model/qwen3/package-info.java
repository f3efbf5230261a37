/**
 * Qwen3-VL: the vision tower, the text tower and how they meet. Single device; sharding and
 * communication live outside. Imports {@code tensor} and the model's {@code config}, {@code
 * parameter} and {@code batch} packages.
 */
@NullMarked
package io.lockstep.model.qwen3;

import org.jspecify.annotations.NullMarked;
