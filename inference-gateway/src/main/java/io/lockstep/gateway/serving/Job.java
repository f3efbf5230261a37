package io.lockstep.gateway.serving;

import io.lockstep.data.answer.Finish;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Prompt;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
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

    /**
     * All objects that were found, the answer to {@link Task.Detect}. Nothing follows.
     *
     * @param objects the surest first
     */
    default void onFound(List<FoundObject> objects) {
      throw new IllegalStateException("objects were found that nobody has asked for");
    }

    /** There will be no answer. Nothing follows. */
    void onFailure(ServingException failure);
  }

  private static final Logger log = LoggerFactory.getLogger(Job.class);

  private final Task task;
  private final GenerationOptions options;
  private final Sink sink;
  private Preparer.@Nullable Prepared prepared;
  private volatile long weight;
  private volatile @Nullable JobTimes times;
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();

  /**
   * A job that waits to be submitted.
   *
   * @param weight bytes that reading it takes at most: what decoding its pictures needs, and its
   *     text
   */
  public Job(Task task, GenerationOptions options, long weight, Sink sink) {
    this.task = task;
    this.options = options;
    this.weight = weight;
    this.sink = sink;
  }

  public Task task() {
    return task;
  }

  /** How it is answered. */
  public GenerationOptions options() {
    return options;
  }

  /** Is taken: its end is told to the watch. */
  void taken(ServingWatch watch) {
    times = new JobTimes(watch);
  }

  /** The model begins with it. */
  void begun() {
    JobTimes present = times;
    if (present != null) {
      present.begun();
    }
  }

  private void ended(ServingWatch.Ending ending) {
    JobTimes present = times;
    if (present != null) {
      present.end(ending);
    }
  }

  /** What it costs to read, in bytes. */
  long weight() {
    return weight;
  }

  /** It turned out to take more. */
  void grow(long bytes) {
    weight = Math.max(bytes, Preparer.SMALL_BYTES + 1);
  }

  /** Whether it is read quickly enough for others to wait for it. */
  boolean isSmall() {
    return weight <= Preparer.SMALL_BYTES;
  }

  /** What is asked of a model that was trained with these prompts. */
  GenerationRequest request(TaskPrompts prompts) {
    return new GenerationRequest(
        task.name(), task.conversation(prompts), options.decoding(), options.fitted());
  }

  /** Takes its form as a model's input, unless nobody waits any more. */
  synchronized void prepared(Preparer.Prepared input) {
    if (isOpen()) {
      prepared = input;
    } else {
      input.release().run();
    }
  }

  /** Its form as this model's input, if it is ready. */
  synchronized Optional<Prompt> prompt(SharedModel model) {
    return prepared != null && prepared.owner() == model
        ? Optional.of(prepared.prompt())
        : Optional.empty();
  }

  /** Forgets its form as a model's input, if it has one. */
  synchronized void unprepare() {
    if (prepared != null) {
      prepared.release().run();
      prepared = null;
    }
  }

  /** Whether it still waits for an answer that somebody wants. */
  boolean isOpen() {
    return !ended.get() && !cancelled.get();
  }

  /** Passes text on, unless nobody wants it. */
  void piece(String piece) {
    JobTimes present = times;
    if (present != null) {
      present.text();
    }
    if (!cancelled.get()) {
      deliver(() -> sink.onPiece(piece));
    }
  }

  /** Ends the job with an answer, unless it has ended or nobody wants it. */
  void answer(Answer answer) {
    if (ended.compareAndSet(false, true) && !cancelled.get()) {
      ended(
          new ServingWatch.Ending.Answered(
              answer.promptTokens(), answer.newTokens(), answer.finish()));
      deliver(() -> sink.onAnswer(answer));
    }
  }

  /** Ends the job with objects, unless it has ended or nobody wants them. */
  void found(List<FoundObject> objects) {
    if (ended.compareAndSet(false, true) && !cancelled.get()) {
      ended(new ServingWatch.Ending.Found());
      deliver(() -> sink.onFound(objects));
    }
  }

  /** Whether objects are asked for instead of an answer. */
  boolean detects() {
    return task instanceof Task.Detect;
  }

  /** Ends the job without an answer, unless it has ended or nobody wants it. */
  void fail(ServingException failure) {
    if (ended.compareAndSet(false, true) && !cancelled.get()) {
      ended(new ServingWatch.Ending.Failed(failure.kind()));
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
    if (!cancelled.getAndSet(true) && !ended.get()) {
      ended(new ServingWatch.Ending.Abandoned());
    }
    unprepare();
  }

  public boolean isCancelled() {
    return cancelled.get();
  }

  /**
   * What a model said to one conversation.
   *
   * @param text the generated text without special tokens; never blank
   * @param promptTokens length of the prompt in tokens, pictures included, padding excluded
   * @param newTokens number of generated tokens without the end token
   * @param finish what ended it
   * @param emitNorm the unit of coordinates that the model states in dense answers
   */
  public record Answer(
      String text, int promptTokens, int newTokens, Finish finish, EmitNorm emitNorm) {}
}
