package io.lockstep.model.chat;

/**
 * A conversation as tokens.
 *
 * @param tokens ids
 * @param labels the same ids where the model is to learn them, -100 elsewhere
 */
@SuppressWarnings("ArrayRecordComponent")
public record Encoded(int[] tokens, int[] labels) {}
