package io.lockstep.gateway.serving;

import io.lockstep.data.answer.Finish;
import io.lockstep.operations.trace.TraceContext;
import java.util.Optional;
import java.util.OptionalDouble;

/** Hears what a gateway does; called from its threads, returns at once. */
public interface ServingWatch extends Batcher.Listener {

  /** Watches nothing. */
  ServingWatch NONE = new ServingWatch() {};

  /** It listens. */
  default void onListening() {}

  /** So many requests wait now, and so many are being answered. */
  default void onQueue(int waiting, int running) {}

  /** The model thread has got on with what it does. */
  default void onProgress() {}

  /** Requests were not taken. */
  default void onRefused(ServingException.Kind why, int requests) {}

  /** A request that was taken has ended. */
  default void onEnd(Ended request) {}

  /** A checkpoint of the run that is followed was refused. */
  default void onCheckpointRefused() {}

  @Override
  default void onServing(ModelIdentity model) {}

  @Override
  default void onStopped() {}

  /** Why a request has ended. */
  sealed interface Ending {

    /** With an answer. */
    record Answered(int promptTokens, int newTokens, Finish finish) implements Ending {}

    /** With objects. */
    record Found() implements Ending {}

    /** Without an answer. */
    record Failed(ServingException.Kind why) implements Ending {}

    /** Nobody waited for it any more. */
    record Abandoned() implements Ending {}
  }

  /**
   * A request that has ended; times are in seconds since it was taken.
   *
   * @param queued until the model began with it; empty if it never did
   * @param firstText until the first text was there
   * @param whole until its end
   * @param parent the trace that its caller wants it to be a part of
   */
  record Ended(
      Ending ending,
      OptionalDouble queued,
      OptionalDouble firstText,
      double whole,
      Optional<TraceContext> parent) {

    /** The answer, if it has one. */
    public Optional<Ending.Answered> answered() {
      return ending instanceof Ending.Answered answer ? Optional.of(answer) : Optional.empty();
    }
  }
}
