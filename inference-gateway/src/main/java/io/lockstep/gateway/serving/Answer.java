package io.lockstep.gateway.serving;

/**
 * What a model said to one conversation.
 *
 * @param text the generated text without special tokens; never blank
 * @param promptTokens length of the prompt in tokens, pictures included, padding excluded
 * @param newTokens number of generated tokens without the end token
 */
public record Answer(String text, int promptTokens, int newTokens) {}
