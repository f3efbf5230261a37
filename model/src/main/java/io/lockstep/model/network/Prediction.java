package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the walk has produced at the supervised positions of a batch, for whoever judges it. The
 * rest of the batch never reaches the head.
 *
 * <p>Shapes: N supervised positions, H hidden size, V vocabulary.
 */
public final class Prediction {

  private final Scope scope;
  private final Head head;
  private final Batch batch;
  private final Targets targets;

  /** The last hidden states, and the logits once somebody asks for them. */
  private static final class Head {
    private final Network network;
    private final Weights weights;
    private final NDArray hidden_NH;
    private @Nullable NDArray logits_NV;
    private long @Nullable [] mostProbable;

    Head(Network network, Weights weights, NDArray hidden_NH) {
      this.network = network;
      this.weights = weights;
      this.hidden_NH = hidden_NH;
    }

    NDArray logits() {
      NDArray logits = logits_NV;
      if (logits == null) {
        logits = network.logits(weights, hidden_NH);
        logits_NV = logits;
      }
      return logits;
    }

    long[] mostProbable() {
      long[] tokens = mostProbable;
      if (tokens == null) {
        tokens = Autograd.inference(() -> HostValues.longs(Ops.argmax(logits(), 1)));
        mostProbable = tokens;
      }
      return tokens;
    }
  }

  private Prediction(Scope scope, Head head, Batch batch, Targets targets) {
    this.scope = scope;
    this.head = head;
    this.batch = batch;
    this.targets = targets;
  }

  /**
   * What hidden states predict.
   *
   * @param scope holds indices
   * @param hidden_BTH of the whole batch, before the final norm
   */
  static Prediction of(
      Scope scope,
      Network network,
      Weights weights,
      Batch batch,
      NDArray hidden_BTH,
      Targets targets) {
    NDArray flat = hidden_BTH.reshape(-1, hidden_BTH.getShape().get(2));
    NDArray rows = scope.fromLongs(targets.rows(), targets.count());
    NDArray hidden_NH = Ops.indexSelect(flat, 0, rows);
    return new Prediction(scope, new Head(network, weights, hidden_NH), batch, targets);
  }

  /**
   * The same of which only some positions count: the labels of others are {@link Sample#IGNORED}.
   */
  public Prediction of(int group, int[] groupOfTarget) {
    long[] own = targets.labels().clone();
    for (int i = 0; i < own.length; i++) {
      if (groupOfTarget[i] != group) {
        own[i] = Sample.IGNORED;
      }
    }
    return new Prediction(scope, head, batch, new Targets(targets.rows(), own, targets.marks()));
  }

  /**
   * The same of which only positions with such marks count, {@link io.lockstep.model.batch.Marks}.
   */
  public Prediction only(Predicate<Byte> marked) {
    return new Prediction(scope, head, batch, targets.only(marked));
  }

  /** What the walk went through. */
  public Batch batch() {
    return batch;
  }

  /** Its supervised positions. */
  public Targets targets() {
    return targets;
  }

  /** Hidden states before the final norm, [N, H]. */
  public NDArray hidden() {
    return head.hidden_NH;
  }

  /** Logits, [N, V]; they are computed when this is called first. */
  public NDArray logits() {
    return head.logits();
  }

  /** The tokens wanted, [N] int64; {@link Sample#IGNORED} at positions that don't count. */
  public NDArray labels() {
    return scope.fromLongs(targets.labels(), targets.count());
  }

  /** How many positions count. */
  public long count() {
    return Arrays.stream(targets.labels()).filter(label -> label != Sample.IGNORED).count();
  }

  /** Whether the token wanted at a position is the most probable one. */
  public boolean isRight(int target) {
    return head.mostProbable()[target] == targets.labels()[target];
  }

  /** At how many of those the wanted token is the most probable one. */
  public long correct() {
    long correct = 0;
    for (int i = 0; i < targets.count(); i++) {
      correct += isRight(i) ? 1 : 0;
    }
    return correct;
  }
}
