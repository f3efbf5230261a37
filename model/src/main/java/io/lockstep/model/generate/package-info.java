/**
 * Generation of answers, with and without a cache of keys and values: a decoder gives logits, rules
 * and a sampler choose tokens, the generator drives both. Imports the model's other packages and
 * {@code tensor}.
 */
@NullMarked
package io.lockstep.model.generate;

import org.jspecify.annotations.NullMarked;
