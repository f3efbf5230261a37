package io.lockstep.model.checkpoint;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.safetensors.FloatConversion;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.tensor.Buffer;
import java.util.function.UnaryOperator;

/** Fills a range of a flat buffer from stored tensors; only what lies in the range is read. */
final class FlatRange {

  private FlatRange() {}

  /**
   * Fills values from {@code start} on.
   *
   * @param tensors hold every parameter of the layout, in its shape, or as the first rows or
   *     columns of a larger one
   * @param storedName a parameter's name among the tensors
   * @param values float32; gaps between parameters become zero
   */
  static void read(
      TensorSource tensors,
      ParameterLayout layout,
      UnaryOperator<String> storedName,
      long start,
      Buffer values) {
    long end = start + values.elements();
    if (start < 0 || end > layout.size()) {
      throw new IllegalArgumentException(
          "values %d to %d are not in a layout of %d".formatted(start, end, layout.size()));
    }
    values.zero();
    for (ParameterLayout.Slot slot : layout.slots()) {
      long from = Math.max(start, slot.offset());
      long to = Math.min(end, slot.end());
      if (from < to) {
        String stored = storedName.apply(slot.spec().name());
        read(
            tensors.values(stored),
            slot.spec().shape().getLast(),
            tensors.info(stored).shape().getLast(),
            from - slot.offset(),
            values.slice(from - start, to - from));
      }
    }
  }

  /**
   * Reads values of a parameter from {@code first} on.
   *
   * @param own columns of the parameter
   * @param stored columns of the tensor
   */
  private static void read(StoredValues tensor, long own, long stored, long first, Buffer into) {
    if (own == stored) {
      FloatConversion.toFloat32(tensor.slice(first, into.elements()), into);
      return;
    }
    for (long done = 0; done < into.elements(); ) {
      long row = (first + done) / own;
      long column = (first + done) % own;
      long count = Math.min(own - column, into.elements() - done);
      FloatConversion.toFloat32(
          tensor.slice(row * stored + column, count), into.slice(done, count));
      done += count;
    }
  }
}
