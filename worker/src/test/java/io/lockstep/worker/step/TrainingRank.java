package io.lockstep.worker.step;

import io.lockstep.collective.Collective;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.state.ModelSource;
import io.lockstep.worker.state.RunObjective;
import io.lockstep.worker.state.TrainingState;
import io.lockstep.worker.step.TrainingStep.Reduction;
import io.lockstep.worker.testing.FakeCoordinator;
import io.lockstep.worker.zero.GradientBuffers;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** One rank of a run's first membership, without a session: whoever tests it commits the steps. */
public final class TrainingRank implements AutoCloseable {

  private final TrainingState state;
  private final RunObjective objective;
  private final GradientBuffers buffers;
  private final TrainingStep steps;

  /** Makes the micro-batches of a model's run. */
  @FunctionalInterface
  public interface Data {
    MicroBatches of(LoadedModel model) throws IOException;
  }

  public TrainingRank(
      RunConfig config, ModelSource source, Data data, long totalSteps, Collective collective)
      throws IOException {
    List<Directive.Member> members =
        Collections.nCopies(collective.size(), new Directive.Member("w", "127.0.0.1:1", ""));
    Directive.NewMembership membership =
        new Directive.NewMembership(
            1, collective.rank(), members, 0, "", List.of(), List.of(), Optional.empty());
    state = new TrainingState(config, source, totalSteps);
    state.adopt(membership, collective);
    state.generationHasBegun();
    objective = RunObjective.of(config, model());
    buffers = new GradientBuffers(state.buckets().floats());
    steps =
        new TrainingStep(
            membership,
            config,
            state,
            objective,
            buffers,
            data.of(model()),
            totalSteps,
            collective,
            FakeCoordinator.reciting(),
            StepsWithoutEnd.INSTANCE);
  }

  public LoadedModel model() {
    return state.model();
  }

  public Reduction reduce(long step) throws Exception {
    Reduction reduction = steps.reduce(step);
    state.reduced(reduction.gradient());
    return reduction;
  }

  /** Applies a step after which the state may be saved. */
  public void apply(Directive.Commit commit) {
    apply(commit, true);
  }

  public void apply(Directive.Commit commit, boolean isLast) {
    state.apply(commit);
    steps.gather(commit.step(), isLast);
  }

  /** Bytes of the moments that this rank holds. */
  long optimizerBytes() {
    return state.shard().bytes();
  }

  @Override
  public void close() {
    steps.close();
    buffers.close();
    objective.close();
    state.close();
  }
}
