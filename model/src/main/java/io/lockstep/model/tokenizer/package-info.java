/**
 * Text to token ids and back, and the training of such vocabularies. Imports nothing of ours; only
 * this package knows which library tokenises.
 */
@NullMarked
package io.lockstep.model.tokenizer;

import org.jspecify.annotations.NullMarked;
