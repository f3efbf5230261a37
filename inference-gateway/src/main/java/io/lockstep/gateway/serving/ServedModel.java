package io.lockstep.gateway.serving;

import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Profile;
import java.util.List;

/** A loaded model that answers batches of conversations; one caller at a time. */
public interface ServedModel extends AutoCloseable {

  /** Which model this is. */
  ModelIdentity identity();

  /** The prompts it was trained with. */
  TaskPrompts prompts();

  /**
   * Answers each request by its own settings, as one left-padded batch. An answer depends on its
   * request alone, not on its neighbours in the batch.
   *
   * @param profile how logits are computed
   * @param listener told of text as it comes and of each row's end once; an exception it throws
   *     ends the generation
   */
  void respond(List<GenerationRequest> requests, Profile profile, GenerationListener listener);

  /** Frees the model's memory. */
  @Override
  void close();
}
