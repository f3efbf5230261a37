package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019) on flat float32 memory, in place.
 *
 * <p>Elementwise and in plain IEEE arithmetic, in the order of operations of torch.optim.AdamW on a
 * single tensor: the result depends neither on how a flat array is cut into ranges nor on the
 * processor's vector instructions.
 */
public final class AdamW {

  /** Elements worked on at a time: four windows of them stay in a core's caches. */
  private static final int WINDOW = 4096;

  /** Each value is read with its gradient and moments, and written with them but the gradient. */
  private static final long MOVED = 7;

  private AdamW() {}

  /**
   * The hyper-parameters of one step.
   *
   * @param lr learning rate of this step
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param eps added to the denominator, above 0
   * @param weightDecay decoupled decay, at least 0
   * @param step number of this step, from 1
   */
  public record Hyper(
      double lr, double beta1, double beta2, double eps, double weightDecay, long step) {

    /** Checks the ranges. */
    public Hyper {
      require(lr >= 0, "lr must be at least 0", lr);
      require(beta1 >= 0 && beta1 < 1, "beta1 must be in [0, 1)", beta1);
      require(beta2 >= 0 && beta2 < 1, "beta2 must be in [0, 1)", beta2);
      require(eps > 0, "eps must be above 0", eps);
      require(weightDecay >= 0, "weightDecay must be at least 0", weightDecay);
      require(step >= 1, "step must be at least 1", (double) step);
    }

    private static void require(boolean holds, String rule, double value) {
      if (!holds) {
        throw new IllegalArgumentException("AdamW: " + rule + ", got " + value);
      }
    }
  }

  /**
   * One step: decays param, folds the scaled gradient into both moments, and moves param against
   * the first moment. Computed by the device that all four lie on.
   *
   * @param param float32, changed
   * @param grad as long as param, read only
   * @param m first moment, as long as param, changed
   * @param v second moment, as long as param, changed
   * @param gradScale factor on the gradient (1 / tokens, clipping)
   */
  public static void step(
      Buffer param, Buffer grad, Buffer m, Buffer v, Hyper hyper, float gradScale) {
    long bytes = param.bytes();
    if (grad.bytes() != bytes || m.bytes() != bytes || v.bytes() != bytes) {
      throw new IllegalArgumentException(
          "AdamW: param, grad, m and v must be equally long, got bytes %d, %d, %d, %d"
              .formatted(bytes, grad.bytes(), m.bytes(), v.bytes()));
    }
    long begun = Spans.begin();
    param.device().kernels().adamW(param, grad, m, v, hyper, gradScale);
    Spans.end(begun, Span.Kind.OPERATOR, Spans.UPDATE, MOVED * bytes);
  }

  /** The same step on host memory that holds float32 values, all equally long. */
  static void step(
      MemorySegment param,
      MemorySegment grad,
      MemorySegment m,
      MemorySegment v,
      Hyper hyper,
      float gradScale) {
    long bytes = param.byteSize();
    Factors factors = Factors.of(hyper, gradScale);
    float[] p = new float[WINDOW];
    float[] g = new float[WINDOW];
    float[] first = new float[WINDOW];
    float[] second = new float[WINDOW];
    long count = bytes / Float.BYTES;
    for (long start = 0; start < count; start += WINDOW) {
      int length = (int) Math.min(WINDOW, count - start);
      long offset = start * Float.BYTES;
      MemorySegment.copy(param, JAVA_FLOAT, offset, p, 0, length);
      MemorySegment.copy(grad, JAVA_FLOAT, offset, g, 0, length);
      MemorySegment.copy(m, JAVA_FLOAT, offset, first, 0, length);
      MemorySegment.copy(v, JAVA_FLOAT, offset, second, 0, length);
      update(p, g, first, second, length, factors);
      MemorySegment.copy(p, 0, param, JAVA_FLOAT, offset, length);
      MemorySegment.copy(first, 0, m, JAVA_FLOAT, offset, length);
      MemorySegment.copy(second, 0, v, JAVA_FLOAT, offset, length);
    }
  }

  /** The numbers that are the same for every element, rounded to float32 once. */
  record Factors(
      float gradScale,
      float keep,
      float firstWeight,
      float beta2,
      float secondWeight,
      float secondCorrection,
      float eps,
      float stepSize) {

    static Factors of(Hyper h, float gradScale) {
      double firstCorrection = 1 - Math.pow(h.beta1(), (double) h.step());
      double secondCorrection = Math.sqrt(1 - Math.pow(h.beta2(), (double) h.step()));
      return new Factors(
          gradScale,
          (float) (1 - h.lr() * h.weightDecay()),
          (float) (1 - h.beta1()),
          (float) h.beta2(),
          (float) (1 - h.beta2()),
          (float) secondCorrection,
          (float) h.eps(),
          (float) (-h.lr() / firstCorrection));
    }
  }

  /**
   * The loop in a form that the compiler turns into vector instructions: local arrays, one index,
   * no branches.
   */
  private static void update(float[] p, float[] g, float[] m, float[] v, int length, Factors f) {
    float gradScale = f.gradScale();
    float keep = f.keep();
    float firstWeight = f.firstWeight();
    float beta2 = f.beta2();
    float secondWeight = f.secondWeight();
    float secondCorrection = f.secondCorrection();
    float eps = f.eps();
    float stepSize = f.stepSize();
    for (int i = 0; i < length; i++) {
      float gradient = g[i] * gradScale;
      float first = m[i] + firstWeight * (gradient - m[i]);
      float second = v[i] * beta2 + secondWeight * gradient * gradient;
      float denominator = (float) Math.sqrt(second) / secondCorrection + eps;
      m[i] = first;
      v[i] = second;
      p[i] = p[i] * keep + stepSize * first / denominator;
    }
  }
}
