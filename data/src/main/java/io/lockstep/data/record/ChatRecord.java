package io.lockstep.data.record;

import io.lockstep.data.conversation.Conversation;

/**
 * A conversation that is used as it stands.
 *
 * @param conversation an optional system message, then user and assistant in turn, the assistant
 *     last; pictures in user messages only
 */
public record ChatRecord(Origin origin, Conversation conversation) implements DataRecord {}
