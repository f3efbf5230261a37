package io.lockstep.worker.train;

import io.lockstep.collective.Collective;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.Generation.Reduction;
import io.lockstep.worker.zero.GradientBuffers;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** One rank of the first world of a run, without a session: whoever tests it commits the steps. */
final class TrainingRank implements AutoCloseable {

  private final Replica replica;
  private final GradientBuffers buffers;
  private final Generation generation;

  /** Makes the micro-batches of a model's run. */
  @FunctionalInterface
  interface Data {
    MicroBatches of(LoadedModel model) throws IOException;
  }

  TrainingRank(
      RunConfig config, ModelSource source, Data data, long totalSteps, Collective collective)
      throws IOException {
    List<Directive.Member> members =
        Collections.nCopies(collective.size(), new Directive.Member("w", "127.0.0.1:1", ""));
    Directive.World world =
        new Directive.World(
            1, collective.rank(), members, 0, "", List.of(), List.of(), Optional.empty());
    replica = new Replica(config, source, totalSteps);
    replica.adopt(world, collective);
    replica.worldHasBegun();
    buffers = new GradientBuffers(replica.buckets().floats());
    Shard shard = replica.shard().shard();
    generation =
        new Generation(
            world,
            config,
            shard,
            replica.buckets(),
            model().tuned().trained(),
            buffers,
            new GradientStep(
                model().config(),
                model().tuned(),
                config.seed(),
                config.training().gradientCheckpointing()),
            data.of(model()),
            totalSteps,
            collective);
  }

  LoadedModel model() {
    return replica.model();
  }

  Reduction reduce(long step) throws Exception {
    Reduction reduction = generation.reduce(step, () -> false);
    replica.reduced(reduction.gradient());
    return reduction;
  }

  /** Applies a step after which the state may be saved. */
  void apply(Directive.Commit commit) {
    apply(commit, true);
  }

  void apply(Directive.Commit commit, boolean isLast) {
    replica.apply(commit);
    generation.gather(commit.step(), isLast);
  }

  /** Bytes of the moments that this rank holds. */
  long optimizerBytes() {
    return replica.shard().bytes();
  }

  @Override
  public void close() {
    generation.close();
    buffers.close();
    replica.close();
  }
}
