/**
 * From conversations to samples: the one path that training, evaluation and serving share. Imports
 * the model's {@code chat}, {@code image}, {@code budget}, {@code context} and {@code batch}
 * packages and {@code data.conversation}.
 */
@NullMarked
package io.lockstep.model.encode;

import org.jspecify.annotations.NullMarked;
