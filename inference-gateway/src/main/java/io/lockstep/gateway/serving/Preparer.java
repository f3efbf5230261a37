package io.lockstep.gateway.serving;

import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.gateway.serving.ServingException.Kind;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Prompt;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes jobs the model's input beside the model's thread: pictures decoded and cut, texts as
 * tokens, all checks made. Large ones have a lane of their own, so that nobody waits for them.
 */
final class Preparer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Preparer.class);

  /** What a job of the first lane takes at most. */
  static final long SMALL_BYTES = 32L << 20;

  /** Hears how preparing goes. Called by the lanes' threads. */
  interface Listener {

    /** The job is ready for the model it was prepared with, or has ended. */
    void onReady(Job job);

    /** A lane has begun to wait for memory, or a job has changed lanes. */
    void onDelay();
  }

  private final Supplier<Optional<SharedModel>> current;
  private final Listener listener;
  private final long passBytes;
  private final Lane small;
  private final Lane large;

  /**
   * Starts the lanes.
   *
   * @param memory what may be spent
   * @param current the model that answers now, held for the caller
   */
  Preparer(ServingMemory memory, Supplier<Optional<SharedModel>> current, Listener listener) {
    this.current = current;
    this.listener = listener;
    this.passBytes = memory.passBytes();
    // Both are made before one begins to work, as jobs may move from one to the other.
    this.small = new Lane("prepare", memory.smallBytes(), this::work);
    this.large = new Lane("prepare-large", memory.largeBytes(), this::work);
    small.start(false);
    large.start(true);
  }

  /**
   * Whether small jobs are made ready without waiting for memory, so that waiting for them pays.
   */
  boolean isPrompt() {
    return !small.isStalled();
  }

  void add(Job job) {
    (job.isSmall() ? small : large).add(job);
  }

  @Override
  public void close() {
    small.close();
    large.close();
  }

  private void work(Job job, Lane lane) throws InterruptedException {
    Optional<SharedModel> shared = current.get();
    boolean moved = false;
    try {
      if (shared.isPresent() && job.isOpen()) {
        moved = !prepare(job, lane, shared.get());
      }
    } catch (ServingException e) {
      job.fail(e);
    } catch (UnreadableImageException | IllegalArgumentException e) {
      job.fail(new ServingException(Kind.INVALID, said(job, e), e));
    } catch (CancellationException e) {
      log.debug("nobody waits for {} any more", job.task().name());
    } catch (OutOfMemoryError e) {
      job.fail(
          new ServingException(
              Kind.EXHAUSTED,
              job.task().name()
                  + " didn't fit into the heap beside all else; retry later, or start the gateway"
                  + " with a larger one (LOCKSTEP_JAVA_OPTS=-Xmx4g)",
              e));
    } catch (IOException | RuntimeException e) {
      log.warn("{} failed", job.task().name(), e);
      job.fail(
          new ServingException(
              Kind.MODEL_FAILED, job.task().name() + " can't be prepared: " + e, e));
    } finally {
      shared.ifPresent(SharedModel::letGo);
    }
    if (moved) {
      listener.onDelay();
      large.add(job);
    } else {
      listener.onReady(job);
    }
  }

  /** False if the job is too large for this lane. */
  private boolean prepare(Job job, Lane lane, SharedModel shared)
      throws IOException, InterruptedException {
    ServedModel model = shared.model();
    GenerationRequest request = job.request(model.prompts());
    long bytes = model.preparationBytes(request);
    if (bytes > lane.budget().capacity()) {
      if (lane == small) {
        job.grow(bytes);
        return false;
      }
      throw new ServingException(
          Kind.EXHAUSTED,
          "%s needs %s of heap for its pictures, at most %s may be used at once; send fewer or smaller ones, or start the gateway with a larger heap (LOCKSTEP_JAVA_OPTS=-Xmx4g)"
              .formatted(job.task().name(), mib(bytes), mib(lane.budget().capacity())));
    }
    lane.take(bytes, listener::onDelay);
    long held = 0;
    try {
      Prompt prompt = model.prepare(request, () -> !job.isOpen());
      requirePass(job, prompt, model.passBytes(job.options().profile(), List.of(prompt)));
      held = Math.min(bytes, model.heldBytes(prompt));
      long kept = held;
      job.prepared(new Prepared(shared, prompt, () -> lane.budget().give(kept)));
    } finally {
      lane.budget().give(bytes - held);
    }
    return true;
  }

  private void requirePass(Job job, Prompt prompt, long bytes) {
    if (bytes > passBytes) {
      throw new ServingException(
          Kind.INVALID,
          "%s needs about %s of memory for %d prompt tokens and up to %d new ones, at most %s are allowed; shorten it, ask for fewer new tokens, or start the gateway with a larger --memory-mib"
              .formatted(
                  job.task().name(),
                  mib(bytes),
                  prompt.sample().tokens().length,
                  prompt.request().decoding().maxNewTokens(),
                  mib(passBytes)));
    }
  }

  private static String said(Job job, Exception problem) {
    String message = String.valueOf(problem.getMessage());
    return problem instanceof UnreadableImageException || message.contains(job.task().name())
        ? message
        : job.task().name() + ": " + message;
  }

  static String mib(long bytes) {
    return ((bytes + (1 << 20) - 1) >> 20) + " MiB";
  }

  /**
   * A job as a model's input.
   *
   * @param owner the model that can answer it
   * @param prompt its input
   * @param release gives back the heap that it holds
   */
  record Prepared(SharedModel owner, Prompt prompt, Runnable release) {}
}
