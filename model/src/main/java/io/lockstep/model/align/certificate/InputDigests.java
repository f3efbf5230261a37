package io.lockstep.model.align.certificate;

import io.lockstep.data.file.Sha256;
import io.lockstep.model.batch.Batch;
import io.lockstep.tensor.Buffer;

/**
 * What went into the network, as fingerprints: the side and amount of padding, too, are in them.
 *
 * @param length T, tokens of the longest row
 * @param inputIds of [B, T]
 * @param attentionMask of [B, T]
 * @param labels of [B, T]
 * @param positionIds of [3, B, T]
 * @param pixelValues of all patches
 * @param keptTokens of the rows of merged vision tokens that a token budget leaves
 */
record InputDigests(
    int length,
    String inputIds,
    String attentionMask,
    String labels,
    String positionIds,
    String pixelValues,
    String keptTokens) {

  static InputDigests of(Batch batch) {
    return new InputDigests(
        batch.length(),
        sha256(batch.ids()),
        sha256(batch.attentionMask()),
        sha256(batch.labels()),
        sha256(batch.positionIds()),
        sha256(batch.pixels()),
        sha256(batch.keptTokens()));
  }

  private static String sha256(long[] values) {
    return Sha256.of(Buffer.onHost(values).toByteArray());
  }

  private static String sha256(float[] values) {
    return Sha256.of(Buffer.onHost(values).toByteArray());
  }
}
