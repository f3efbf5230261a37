package io.lockstep.model.align;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.function.BiConsumer;

/**
 * The computation that training differentiates: the whole answer is given, and every supervised
 * token is predicted from those before it. Training, certificates and comparisons call it, so that
 * they speak of the same numbers.
 */
public final class TeacherForced {

  private TeacherForced() {}

  /**
   * Logits [N, V] of the supervised tokens. The rest of the batch never reaches the head.
   *
   * @param probe sees the activations by name
   */
  public static NDArray logits(
      Scope scope,
      VisionLanguageModel network,
      Batch batch,
      Targets targets,
      BiConsumer<String, NDArray> probe) {
    return logits(scope, network, network.hidden(scope, batch, null, probe), targets);
  }

  /** Logits [N, V] of the supervised tokens of hidden states [B, T, H]. */
  public static NDArray logits(
      Scope scope, VisionLanguageModel network, NDArray hidden_BTH, Targets targets) {
    NDArray flat = hidden_BTH.reshape(-1, hidden_BTH.getShape().get(2));
    NDArray rows = scope.fromLongs(targets.rows(), targets.count());
    return network.logits(Ops.indexSelect(flat, 0, rows));
  }

  /** Sum of the cross entropy over supervised tokens, a scalar. */
  public static NDArray lossSum(Scope scope, NDArray logits_NV, Targets targets) {
    NDArray labels = scope.fromLongs(targets.labels(), targets.count());
    return Ops.crossEntropySum(logits_NV, labels, Sample.IGNORED);
  }
}
