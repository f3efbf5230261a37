package io.lockstep.gateway.serving;

import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.generate.Prompt;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A loaded model that answers batches of conversations. Requests become its input on any threads,
 * one caller at a time has it answer.
 */
public interface ServedModel extends AutoCloseable {

  /** Which model this is. */
  ModelIdentity identity();

  /** The prompts it was trained with. */
  TaskPrompts prompts();

  /**
   * Most memory of the heap that {@link #prepare} takes at once for a request's pictures, known
   * from their headers.
   *
   * @throws IOException naming a picture that can't be read
   */
  long preparationBytes(GenerationRequest request) throws IOException;

  /**
   * Makes a request this model's input: decodes and cuts its pictures, makes tokens of its texts.
   * May be called by several threads.
   *
   * @param abandoned asked between pictures whether anybody still waits
   * @throws IOException naming a picture that can't be read
   * @throws IllegalArgumentException if the request can't be this model's input, for example
   *     because prompt and answer together are longer than its context
   * @throws java.util.concurrent.CancellationException if it was abandoned
   */
  Prompt prepare(GenerationRequest request, BooleanSupplier abandoned) throws IOException;

  /** Heap that a prompt holds until it is answered, in bytes. */
  long heldBytes(Prompt prompt);

  /** Most memory that answering these as one batch takes, in bytes. */
  long passBytes(Profile profile, List<Prompt> prompts);

  /**
   * Answers each prompt by its own settings, as one left-padded batch. An answer depends on its
   * request alone, not on its neighbours in the batch.
   *
   * @param profile how logits are computed
   * @param listener told of text as it comes and of each row's end once; an exception it throws
   *     ends the generation
   */
  void respond(List<Prompt> prompts, Profile profile, GenerationListener listener);

  /**
   * Finds objects in the picture of each prompt, the surest first; the prompts are those of {@link
   * Task.Detect}.
   */
  List<List<FoundObject>> detect(List<Prompt> prompts);

  /** Frees the model's memory. */
  @Override
  void close();
}
