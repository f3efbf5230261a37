package io.lockstep.model.generate;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.context.ContextLimit;

/**
 * A conversation to answer.
 *
 * @param name how errors call it
 * @param conversation its last message is the user's
 * @param decoding how the tokens of its answer are chosen
 * @param fitted whether fewer new tokens are generated where the prompt leaves less room, as nobody
 *     has asked for that many; a request that isn't fitted is refused then
 */
public record GenerationRequest(
    String name, Conversation conversation, DecodingOptions decoding, boolean fitted) {

  /** A request for that many new tokens and no fewer. */
  public GenerationRequest(String name, Conversation conversation, DecodingOptions decoding) {
    this(name, conversation, decoding, false);
  }

  /**
   * The same with the new tokens that a model's limit leaves, if it is fitted; at least 1, and the
   * least that was asked for, which the limit then refuses.
   */
  public GenerationRequest within(ContextLimit limit, int promptTokens) {
    int room = Math.max(limit.room(promptTokens, promptTokens + 1), decoding.minNewTokens());
    return fitted && room < decoding.maxNewTokens()
        ? new GenerationRequest(
            name, conversation, decoding.withMaxNewTokens(Math.max(1, room)), true)
        : this;
  }
}
