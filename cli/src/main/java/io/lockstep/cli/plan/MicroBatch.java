package io.lockstep.cli.plan;

import io.lockstep.model.cost.ActivationBytes;

/**
 * What is computed at once.
 *
 * @param rows its samples
 * @param length tokens of each
 * @param pictureTokens of these, those of pictures
 * @param supervised of these, those that are learned
 * @param picturesEach pictures of a sample: its own, and those of its demonstrations
 * @param patches of all its pictures
 * @param checkpointing whether it is computed with gradient checkpointing
 */
public record MicroBatch(
    int rows,
    int length,
    int pictureTokens,
    int supervised,
    int picturesEach,
    long patches,
    boolean checkpointing) {

  /** The same as the count of activations wants it. */
  public ActivationBytes.Load load() {
    int pictures = pictureTokens == 0 ? 0 : rows * picturesEach;
    return new ActivationBytes.Load(
        rows,
        length,
        pictures,
        pictures == 0 ? 0 : Math.ceilDiv(patches, pictures),
        (long) rows * supervised);
  }

  MicroBatch checkpointed() {
    return new MicroBatch(rows, length, pictureTokens, supervised, picturesEach, patches, true);
  }

  MicroBatch ofRows(int fewer) {
    return new MicroBatch(
        fewer,
        length,
        pictureTokens,
        supervised,
        picturesEach,
        patches * fewer / rows,
        checkpointing);
  }

  /** The same of shorter samples, with as much less of everything in them. */
  MicroBatch ofLength(int shorter) {
    double share = (double) shorter / length;
    return new MicroBatch(
        rows,
        shorter,
        (int) (pictureTokens * share),
        (int) (supervised * share),
        picturesEach,
        (long) Math.ceil(patches * share),
        checkpointing);
  }
}
