package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tells the loss of a pass apart by groups of its targets. It looks at the logits beside the graph:
 * what is learned has the same bits with and without it.
 */
final class GroupFigures {

  private final Targets targets;
  private final int[] groupOfTarget;
  private final int[] groups;
  private final double[] losses;
  private final long[] tokens;
  private final long[] correct;

  GroupFigures(Targets targets, int[] groupOfTarget) {
    this.targets = targets;
    this.groupOfTarget = groupOfTarget;
    groups = Arrays.stream(groupOfTarget).sorted().distinct().toArray();
    losses = new double[groups.length];
    tokens = new long[groups.length];
    correct = new long[groups.length];
  }

  /** Looks at the logits [N, V] of the targets and the most probable token of each. */
  void count(NDArray logits_NV, long[] predicted) {
    for (int i = 0; i < groupOfTarget.length; i++) {
      int group = Arrays.binarySearch(groups, groupOfTarget[i]);
      tokens[group]++;
      correct[group] += predicted[i] == targets.labels()[i] ? 1 : 0;
    }
    if (groups.length < 2) {
      return;
    }
    for (int group = 0; group < groups.length; group++) {
      try (Scope scope = Scope.open()) {
        NDArray labels = scope.fromLongs(labelsOf(groups[group]), targets.count());
        losses[group] = Ops.crossEntropySum(logits_NV, labels, Sample.IGNORED).getFloat();
      }
    }
  }

  private long[] labelsOf(int group) {
    long[] labels = targets.labels().clone();
    for (int i = 0; i < labels.length; i++) {
      if (groupOfTarget[i] != group) {
        labels[i] = Sample.IGNORED;
      }
    }
    return labels;
  }

  /**
   * The figures of each group.
   *
   * @param loss of all targets, which is that of a group that is alone
   */
  List<SegmentedModel.GroupOutcome> outcomes(double loss) {
    List<SegmentedModel.GroupOutcome> outcomes = new ArrayList<>();
    for (int group = 0; group < groups.length; group++) {
      outcomes.add(
          new SegmentedModel.GroupOutcome(
              groups[group],
              groups.length == 1 ? loss : losses[group],
              tokens[group],
              correct[group]));
    }
    return outcomes;
  }
}
