package io.lockstep.model.testing;

import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * What the public implementation computes in float64, and how far a rounding in each linear layer
 * moves each row, both made by {@code tools/float64_references.py}. A computation may differ by as
 * many times that as {@link Tolerance} says, on whatever processor.
 *
 * @param values rounded to float32
 * @param moved by row, as a share of the row's largest value
 */
@SuppressWarnings("ArrayRecordComponent")
public record ExactValues(Floats values, float[] moved) {

  private static final String FILE = "float64.safetensors";

  /** Those of a family's reference batch, for example {@code logits}. */
  public static ExactValues of(GoldenFamily family, String name) throws IOException {
    return of(family.file(FILE), name);
  }

  /** Those in the folder of a drawn shape. */
  public static ExactValues inFolder(Path folder, String name) throws IOException {
    return of(folder.resolve(FILE), name);
  }

  private static ExactValues of(Path path, String name) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      long[] shape = file.info(name).shape().stream().mapToLong(Long::longValue).toArray();
      return new ExactValues(
          Floats.of(Goldens.floats(file, name), shape), Goldens.floats(file, "moved." + name));
    }
  }

  /** Compares logits with these. */
  public Comparison logits(String what, float[] actual, LongPredicate counted) {
    return logits(what, actual, counted, Tolerance.FLOAT32);
  }

  /** Compares logits computed in some type with these. */
  public Comparison logits(
      String what, float[] actual, LongPredicate counted, Tolerance tolerance) {
    return Compare.close(what, Kind.OUTPUT, values, like(actual), counted, tolerance.limits(moved));
  }

  /** Compares the output of a layer with these, by the limits of {@code align check}. */
  public Comparison layer(String what, float[] actual, LongPredicate counted, int layers) {
    return layer(what, actual, counted, layers, Tolerance.FLOAT32);
  }

  /** Compares the output of a layer computed in some type with these. */
  public Comparison layer(
      String what, float[] actual, LongPredicate counted, int layers, Tolerance tolerance) {
    return Compare.close(
        what, Kind.LAYER, values, like(actual), counted, tolerance.limits(layers, moved));
  }

  /** Compares the logits of last positions with these, which are those of a padded batch. */
  public Comparison lastLogits(String what, GoldenBatch batch, float[] actual) {
    List<Long> shape = values.shape();
    int positions = Math.toIntExact(shape.get(1));
    int vocabulary = Math.toIntExact(shape.get(2));
    int length = batch.batch().length();
    float[] last = new float[batch.batch().rows() * positions * vocabulary];
    for (int row = 0; row < batch.batch().rows(); row++) {
      System.arraycopy(
          actual,
          ((row + 1) * length - positions) * vocabulary,
          last,
          row * positions * vocabulary,
          positions * vocabulary);
    }
    return logits(
        what,
        last,
        at -> {
          int row = (int) at / positions;
          return batch.batch()
                  .attentionMask()[(row + 1) * length - positions + (int) at % positions]
              == 1;
        });
  }

  private Floats like(float[] actual) {
    return Floats.of(actual, values.shape().stream().mapToLong(Long::longValue).toArray());
  }
}
