/**
 * How conversations are written for a model family: structure as special tokens, everything said as
 * plain text. Imports the tokenizer, the configuration, the marks of the {@code batch} package and
 * the conversations.
 */
@NullMarked
package io.lockstep.model.chat;

import org.jspecify.annotations.NullMarked;
