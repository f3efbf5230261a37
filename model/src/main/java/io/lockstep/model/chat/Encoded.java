package io.lockstep.model.chat;

/**
 * A conversation as tokens.
 *
 * @param tokens ids
 * @param labels the same ids where the model is to learn them, -100 elsewhere
 * @param marks what is known of each token, {@link io.lockstep.model.batch.Marks}; empty if that is
 *     nothing
 */
@SuppressWarnings("ArrayRecordComponent")
public record Encoded(int[] tokens, int[] labels, byte[] marks) {}
