package io.lockstep.model.generate;

import io.lockstep.data.conversation.Conversation;

/**
 * A conversation to answer.
 *
 * @param name how errors call it
 * @param conversation its last message is the user's
 * @param decoding how the tokens of its answer are chosen
 */
public record GenerationRequest(String name, Conversation conversation, DecodingOptions decoding) {}
