package io.lockstep.model.network;

/**
 * Frequencies of rotary embeddings, rounded to float32 after each operation as the public
 * implementation does.
 */
final class InverseFrequency {

  private InverseFrequency() {}

  /** {@code 1 / theta^(exponent / dimensions)}. */
  static float of(double theta, int exponent, int dimensions) {
    float power = (float) exponent / dimensions;
    return 1f / (float) Math.pow(theta, power);
  }
}
