package io.lockstep.model.segment;

import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.ObjectiveSums;
import io.lockstep.tensor.Scope;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model that is trained segment by segment. Each segment is a graph of its own: its inputs are
 * cut off from the graphs before, and going back it is given the gradient of its output. A
 * segment's graph is gone as soon as its gradients are there.
 */
public final class SegmentedModel {

  private final Network network;
  private final TrainableModel trainable;
  private final boolean recomputes;
  private final Objective objective;
  private final List<SegmentSpec> specs;

  /**
   * What passes have found.
   *
   * @param total of all targets
   * @param groups the same of each group of targets; empty if there are none
   * @param kinds of each group that has tokens of a known kind
   */
  public record Outcome(
      ObjectiveSums total,
      SortedMap<Integer, ObjectiveSums> groups,
      SortedMap<Integer, KindCounts> kinds) {

    /** What no pass has found. */
    public static final Outcome NONE =
        new Outcome(ObjectiveSums.NONE, new TreeMap<>(), new TreeMap<>());

    /** What both have found. */
    public Outcome plus(Outcome other) {
      SortedMap<Integer, ObjectiveSums> sums = new TreeMap<>(groups);
      other.groups.forEach((group, found) -> sums.merge(group, found, ObjectiveSums::plus));
      SortedMap<Integer, KindCounts> counts = new TreeMap<>(kinds);
      other.kinds.forEach((group, found) -> counts.merge(group, found, KindCounts::plus));
      return new Outcome(total.plus(other.total), sums, counts);
    }
  }

  /**
   * A model by its segments.
   *
   * @param recomputes whether going forward keeps the segments' inputs alone, and going back
   *     computes each segment again (gradient checkpointing; Chen et al., "Training deep nets with
   *     sublinear memory cost", 2016): less memory, the same bits
   */
  public SegmentedModel(
      ModelConfig config, TrainableModel trainable, boolean recomputes, Objective objective) {
    network = new Network(config);
    this.trainable = trainable;
    this.recomputes = recomputes;
    this.objective = objective;
    specs = SegmentSpec.of(network, trainable.trained().layout());
  }

  /** What is minimised. */
  public Objective objective() {
    return objective;
  }

  /** All segments in order. */
  public List<SegmentSpec> segments() {
    return specs;
  }

  /**
   * Forward and backward of one batch: the sum that the objective gives, and its gradient.
   *
   * @param factors of the objective's terms
   * @param groups the group of each target, whose figures are told apart; empty for none
   * @param draw decides what dropout drops
   * @param weights gives the trained parameters' values
   * @param sink gets every segment's gradients
   */
  public Outcome pass(
      Batch batch,
      Targets targets,
      int[] groups,
      double[] factors,
      SeededDropout.Pass draw,
      SegmentWeights weights,
      GradientSink sink) {
    try (Scope scope = Scope.open();
        SegmentedPass pass =
            new SegmentedPass(
                network,
                trainable,
                specs,
                recomputes,
                objective,
                factors,
                weights,
                draw,
                scope,
                batch,
                targets,
                groups)) {
      pass.forward();
      pass.backward(sink);
      return pass.outcome();
    }
  }
}
