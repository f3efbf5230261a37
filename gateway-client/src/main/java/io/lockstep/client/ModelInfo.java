package io.lockstep.client;

/**
 * The model that answers.
 *
 * @param checkpoint folder of its checkpoint, on the gateway's machine
 * @param weightsSha256 SHA-256 over the tensors in name order, lower-case hexadecimal
 * @param steps committed training steps; 0 if no run wrote the checkpoint
 * @param modelType {@code model_type} of its configuration
 * @param recommended sampling that its makers recommend; applied only where a request asks for it
 * @param alignment what became of its alignment certificate
 * @param largestDifference largest absolute difference that checking the certificate found
 * @param probes training records it was checked on
 */
public record ModelInfo(
    String checkpoint,
    String weightsSha256,
    long steps,
    String modelType,
    AnswerSettings.Sampling recommended,
    Alignment alignment,
    double largestDifference,
    int probes) {

  /** Whether serving computes what training computed. */
  public enum Alignment {
    /** There is no certificate: what training computed is not known. */
    UNCERTIFIED,
    /** It does, to the bit. */
    IDENTICAL,
    /** It does, but for rounding. */
    WITHIN_TOLERANCE
  }
}
