package io.lockstep.model.layer;

/**
 * Frequencies of rotary embeddings, rounded to float32 after each operation as the public
 * implementation does.
 */
public final class InverseFrequency {

  private InverseFrequency() {}

  /** All of them: {@code 1 / theta^(2i / dimensions)} for i below half the dimensions. */
  public static float[] all(double theta, int dimensions) {
    float[] all = new float[dimensions / 2];
    for (int i = 0; i < all.length; i++) {
      all[i] = of(theta, 2 * i, dimensions);
    }
    return all;
  }

  /** {@code 1 / theta^(exponent / dimensions)}. */
  private static float of(double theta, int exponent, int dimensions) {
    float power = (float) exponent / dimensions;
    return 1f / (float) Math.pow(theta, power);
  }
}
