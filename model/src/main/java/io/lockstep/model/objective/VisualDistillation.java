package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.batch.Batch;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Elementwise;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How far what a student makes of pictures is from what its teacher makes of them, at one place of
 * the vision tower: a mean over all patches of the step, or over the merged tokens they become, and
 * over the activations that are compared.
 *
 * @param name what it is called in logs
 * @param of names of the activations, [rows, H] each; at least one
 * @param distance of two rows
 * @param weight how much it counts, more than 0
 */
public record VisualDistillation(
    String name, List<String> of, Distance distance, double weight, Teacher teacher)
    implements LossTerm {

  private static final float SMALLEST_NORM = 1e-8f;

  /** How far two rows of features are apart. */
  public enum Distance {
    /** The mean of the squared differences of their components. */
    MSE {
      @Override
      NDArray sum(NDArray student, NDArray teacher) {
        NDArray difference = student.sub(teacher);
        return Ops.times(
            Ops.mul(difference, difference).sum(), 1.0 / (double) student.getShape().get(1));
      }
    },

    /** One minus the cosine of the angle between them; lengths do not matter. */
    COSINE {
      @Override
      NDArray sum(NDArray student, NDArray teacher) {
        NDArray products_N = Ops.mul(student, teacher).sum(LAST);
        NDArray norms_N = Ops.mul(norm(student), norm(teacher));
        return Ops.plus(
            Ops.times(Elementwise.quotient(products_N, norms_N).sum(), -1),
            (double) student.getShape().get(0));
      }
    };

    private static final int[] LAST = {1};

    /** The sum of the distances of rows [N, H], one element. */
    abstract NDArray sum(NDArray student, NDArray teacher);

    private static NDArray norm(NDArray rows) {
      NDArray norm_N = Ops.mul(rows, rows).sum(LAST).sqrt();
      float[] smallest = new float[Math.toIntExact(norm_N.size())];
      Arrays.fill(smallest, SMALLEST_NORM);
      return Elementwise.larger(norm_N, Ops.constant(smallest, smallest.length));
    }
  }

  /** Checks that there is something to compare. */
  public VisualDistillation {
    of = List.copyOf(of);
    if (of.isEmpty() || !(weight > 0)) {
      throw new IllegalArgumentException(
          "%s compares %d activations with weight %s: there must be one at least, and a weight above 0"
              .formatted(name, of.size(), weight));
    }
  }

  @Override
  public Normaliser normaliser() {
    return Normaliser.PATCHES;
  }

  @Override
  public Set<String> reads() {
    return new LinkedHashSet<>(of);
  }

  @Override
  public boolean measures(Batch batch) {
    return batch.patches() > 0;
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    Teacher.Pass taught = teacher.over(scope, batch);
    return part -> {
      NDArray sum = null;
      for (String name : of) {
        NDArray student = Ops.as(activations.get(name), Dtype.FLOAT32);
        NDArray wanted = Ops.as(taught.activation(name), Dtype.FLOAT32);
        requireSameShape(name, student.getShape(), wanted.getShape());
        double patchesOfRow = batch.patches() / (double) student.getShape().get(0);
        NDArray own = Ops.times(distance.sum(student, wanted), patchesOfRow / of.size());
        sum = sum == null ? own : sum.add(own);
      }
      return Objects.requireNonNull(sum);
    };
  }

  private static void requireSameShape(String name, Shape student, Shape teacher) {
    if (!student.equals(teacher)) {
      throw new IllegalArgumentException(
          "the student's %s is %s, the teacher's %s: both must see pictures alike"
              .formatted(name, student, teacher));
    }
  }
}
