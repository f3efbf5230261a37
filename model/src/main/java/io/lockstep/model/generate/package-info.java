/**
 * Generation of answers, with and without a cache of keys and values. Imports the model's other
 * packages and {@code tensor}.
 */
@NullMarked
package io.lockstep.model.generate;

import org.jspecify.annotations.NullMarked;
