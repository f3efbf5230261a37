package io.lockstep.gateway.serving;

import io.lockstep.model.generate.GenerationOptions;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task on its way through the queue; cancelled from any thread, answered by the model thread. */
public final class Job {

  /** Where the answer goes. Called by the model thread or by the thread that closes the batcher. */
  public interface Sink {

    /** The answer has grown; complete characters only. */
    default void onPiece(String piece) {}

    /** The complete answer; never empty. Nothing follows. */
    void onAnswer(Answer answer);

    /** There will be no answer. Nothing follows. */
    void onFailure(ServingException failure);
  }

  private static final Logger log = LoggerFactory.getLogger(Job.class);

  private final Task task;
  private final GenerationOptions options;
  private final Sink sink;
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();

  public Job(Task task, GenerationOptions options, Sink sink) {
    this.task = task;
    this.options = options;
    this.sink = sink;
  }

  public Task task() {
    return task;
  }

  /** How it is answered. */
  public GenerationOptions options() {
    return options;
  }

  /** Whether it still waits for an answer that somebody wants. */
  boolean isOpen() {
    return !ended.get() && !cancelled.get();
  }

  /** Passes text on, unless nobody wants it. */
  void piece(String piece) {
    if (!cancelled.get()) {
      deliver(() -> sink.onPiece(piece));
    }
  }

  /** Ends the job with an answer, unless it has ended or nobody wants it. */
  void answer(Answer answer) {
    if (ended.compareAndSet(false, true) && !cancelled.get()) {
      deliver(() -> sink.onAnswer(answer));
    }
  }

  /** Ends the job without an answer, unless it has ended or nobody wants it. */
  void fail(ServingException failure) {
    if (ended.compareAndSet(false, true) && !cancelled.get()) {
      deliver(() -> sink.onFailure(failure));
    }
  }

  /** A client that can't be reached any more must not stop the others' batch. */
  private void deliver(Runnable delivery) {
    try {
      delivery.run();
    } catch (RuntimeException e) {
      cancel();
      log.info("the client of {} is gone: {}", task.name(), e.toString());
    }
  }

  /** Nobody wants the answer any more: a waiting job is dropped, a running one goes unanswered. */
  public void cancel() {
    cancelled.set(true);
  }

  public boolean isCancelled() {
    return cancelled.get();
  }
}
