package io.lockstep.gateway.stage;

/**
 * What the model says about a picture.
 *
 * @param id the picture's name
 * @param text the summary, never blank
 * @param promptTokens length of the prompt in tokens
 * @param newTokens generated tokens without the end token
 */
public record Summary(String id, String text, int promptTokens, int newTokens) {}
