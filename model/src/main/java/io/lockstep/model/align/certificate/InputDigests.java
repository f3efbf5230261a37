package io.lockstep.model.align.certificate;

import io.lockstep.model.batch.Batch;

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
        Sha256.of(batch.ids()),
        Sha256.of(batch.attentionMask()),
        Sha256.of(batch.labels()),
        Sha256.of(batch.positionIds()),
        Sha256.of(batch.pixels()),
        Sha256.of(batch.keptTokens()));
  }
}
