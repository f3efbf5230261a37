package io.lockstep.worker.loop;

import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import io.lockstep.worker.checkpoint.CheckpointParts;
import io.lockstep.worker.checkpoint.CheckpointWriter;
import io.lockstep.worker.checkpoint.Moments;
import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.state.TrainingState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes this worker's parts of checkpoints while training goes on, and tells the coordinator. */
final class BackgroundCheckpoints implements CheckpointWriter.Listener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(BackgroundCheckpoints.class);

  private final Session session;
  private final RunConfig config;
  private final LongPredicate isOver;
  private @Nullable CheckpointWriter writer;
  private @Nullable LoadedModel model;
  private volatile @Nullable IOException failure;

  /**
   * Nothing is being written.
   *
   * @param isOver whether a generation is over, so that what it fails to write is no loss
   */
  BackgroundCheckpoints(Session session, RunConfig config, LongPredicate isOver) {
    this.session = session;
    this.config = config;
    this.isOver = isOver;
  }

  /** Copies what this worker writes of the present state and begins to write it. */
  void save(Directive.SaveCheckpoint save, TrainingState state, List<Probe> probes)
      throws InterruptedException {
    long begun = Spans.begin();
    int rank = state.shard().shard().rank();
    int world = state.shard().shard().world();
    Buffer trained = rank == 0 ? Buffer.of(state.model().trainable().trained().flat()) : null;
    Moments moments = TrainingState.moments(state.shard().owned());
    CheckpointParts parts =
        new CheckpointParts(Path.of(save.dir()), rank, world, save.skippedSteps());
    var _ =
        writerFor(state.model())
            .begin(
                new CheckpointWriter.Request(parts, save.generation(), save.steps()),
                trained,
                moments,
                probes);
    Spans.end(begun, Span.Kind.STAGE, "checkpoint copy", 0);
  }

  private CheckpointWriter writerFor(LoadedModel present) {
    CheckpointWriter current = writer;
    if (current == null || !present.equals(model)) {
      close();
      current = new CheckpointWriter(present, config, this);
      writer = current;
      model = present;
    }
    return current;
  }

  @Override
  public void written(CheckpointWriter.Request request, List<WrittenFile> files) {
    session.checkpointPart(request.generation(), request.steps(), files);
  }

  @Override
  public void failed(CheckpointWriter.Request request, Throwable why) {
    if (isOver.test(request.generation())) {
      LOG.info("the checkpoint of step {} was given up: {}", request.steps(), why.getMessage());
      return;
    }
    LOG.error("the checkpoint of step {} failed", request.steps(), why);
    failure = why instanceof IOException io ? io : new IOException(why.toString(), why);
    session.failed(String.valueOf(failure.getMessage()));
  }

  /** Fails if a checkpoint could not be written. */
  void requireSound() throws IOException {
    IOException failed = failure;
    if (failed != null) {
      throw failed;
    }
  }

  /** Gives up what is being written and frees the copies; to be called before a model is closed. */
  @Override
  public void close() {
    CheckpointWriter current = writer;
    writer = null;
    model = null;
    if (current != null) {
      current.close();
    }
  }
}
