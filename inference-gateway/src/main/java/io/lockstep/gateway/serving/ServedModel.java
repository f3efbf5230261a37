package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import java.util.List;

/** A loaded model that answers batches of conversations; one caller at a time. */
public interface ServedModel extends AutoCloseable {

  /** Which model this is. */
  ModelIdentity identity();

  /** The prompts it was trained with. */
  TaskPrompts prompts();

  /**
   * Answers each conversation, greedily and as one left-padded batch. An answer depends on its
   * conversation alone, not on its neighbours in the batch.
   *
   * @param maxNewTokens most tokens to generate per conversation
   * @param listener told of text as it comes; an exception it throws ends the generation
   * @return one answer per conversation, in order
   */
  List<Answer> respond(List<Conversation> conversations, int maxNewTokens, PieceListener listener);

  /** Frees the model's memory. */
  @Override
  void close();
}
