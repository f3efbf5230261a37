package io.lockstep.worker.checkpoint;

import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Buffer;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a rank's parts of checkpoints while training goes on: {@link #begin} copies at a step
 * boundary, and a thread of its own writes the copy, the alignment certificate included.
 *
 * <p>It is one thread for all checkpoints. The certificate runs the model, and the C library keeps
 * what a thread's tensors have freed for the next thread that happens to share its pool; a thread
 * per checkpoint would let the process grow by the size of a forward pass at each of them, up to
 * eight times a core.
 *
 * <p>One checkpoint at a time; the next one waits for it. Called by one thread, the training's; the
 * listener is called by the writing thread.
 */
public final class CheckpointWriter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);

  private final LoadedModel model;
  private final RunConfig config;
  private final Listener listener;
  private final Snapshot snapshot;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("checkpoint-writer").factory());
  private @Nullable Writing writing;

  /**
   * What is to be written.
   *
   * @param parts folder, rank and world
   * @param generation of the members that write it, for the listener
   * @param steps committed steps that the state holds
   */
  public record Request(CheckpointParts parts, long generation, long steps) {}

  /** Hears of every checkpoint that was begun and not cancelled, on the writing thread. */
  public interface Listener {

    /** This rank's files are on the disk. */
    void written(Request request, List<WrittenFile> files);

    /** They could not be written; the message says what to do. */
    void failed(Request request, Throwable why);
  }

  /** A writer that has nothing to write yet. */
  public CheckpointWriter(LoadedModel model, RunConfig config, Listener listener) {
    this.model = model;
    this.config = config;
    this.listener = listener;
    this.snapshot = new Snapshot(model.trainable().trained().layout());
  }

  /**
   * Copies the state and begins to write the copy. Waits for the checkpoint before, if it is still
   * being written.
   *
   * @param trained the flat buffer of the trained parameters, whole; null for other ranks than 0
   * @param moments those that this rank owns
   * @param probes the records that rank 0 certifies the model with; other ranks need none
   * @return how long the caller was held up
   */
  public Duration begin(
      Request request, @Nullable Buffer trained, Moments moments, List<Probe> probes)
      throws InterruptedException {
    long begin = System.nanoTime();
    await();
    snapshot.take(trained, moments);
    writing = new Writing(request, List.copyOf(probes));
    Duration held = Duration.ofNanos(System.nanoTime() - begin);
    LOG.info("copied the state of step {} in {} us", request.steps(), held.toNanos() / 1000);
    return held;
  }

  /** Waits until nothing is being written. */
  public void await() throws InterruptedException {
    if (writing != null) {
      drain();
      writing = null;
    }
  }

  /**
   * Gives up what is being written, if anything is: its listener hears nothing more. Does not wait
   * for the writing thread, which ends at its next access to the disk.
   *
   * @return whether anything was being written
   */
  public boolean cancel() {
    Writing current = writing;
    if (current == null || !current.end()) {
      return false;
    }
    LOG.info("gave up the checkpoint of step {}", current.request.steps());
    // Interrupting closes the file that is being written.
    current.work.cancel(true);
    return true;
  }

  /** Gives up what is being written and frees the copies. */
  @Override
  public void close() {
    var _ = cancel();
    thread.close();
    writing = null;
    snapshot.close();
  }

  /** Waits for the writing thread to be idle; a cancelled checkpoint may still be on it. */
  private void drain() throws InterruptedException {
    try {
      thread.submit(() -> {}).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One checkpoint under way. */
  private final class Writing {

    private final Request request;
    private final List<Probe> probes;
    private final Future<?> work;

    /** Whether it was written, failed or given up: the first of these counts. */
    private final AtomicBoolean ended = new AtomicBoolean();

    Writing(Request request, List<Probe> probes) {
      this.request = request;
      this.probes = probes;
      this.work = thread.submit(this::run);
    }

    /** Whether this is how it ends. */
    boolean end() {
      return ended.compareAndSet(false, true);
    }

    private void run() {
      long begin = System.nanoTime();
      List<WrittenFile> files;
      try {
        files =
            request
                .parts()
                .write(
                    model, snapshot.trained(), snapshot.moments(), config, request.steps(), probes);
      } catch (IOException | RuntimeException | Error e) {
        if (end()) {
          listener.failed(request, e);
        }
        return;
      }
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      LOG.info(
          "wrote {} files of step {} in {} ms", files.size(), request.steps(), took.toMillis());
      if (end()) {
        tell(files);
      }
    }

    private void tell(List<WrittenFile> files) {
      try {
        listener.written(request, files);
      } catch (RuntimeException e) {
        listener.failed(request, e);
      }
    }
  }
}
