package io.lockstep.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Linear layers' weights [out, in] that read the same inputs, one below the other, laid out for
 * {@link RowProducts}: the weights of 256 outputs at a time lie together, those of one input side
 * by side. A copy in host memory.
 */
public final class PackedMatrix {

  private final MemorySegment panels;
  private final int out;
  private final int in;

  private PackedMatrix(MemorySegment panels, int out, int in) {
    this.panels = panels;
    this.out = out;
    this.in = in;
  }

  /**
   * Copies weights.
   *
   * @param arena holds the copy
   * @param weights float32 in host memory, row-major, [out of each, in]
   * @param in inputs of all of them
   */
  public static PackedMatrix of(Arena arena, List<Buffer> weights, int in) {
    long rows = weights.stream().mapToLong(weight -> weight.elements() / in).sum();
    int out = Math.toIntExact(rows);
    long panels = Math.ceilDiv(out, RowProducts.PANEL);
    MemorySegment memory = arena.allocate(Dtype.FLOAT32.bytes(panels * RowProducts.PANEL * in), 64);
    PackedMatrix packed = new PackedMatrix(memory, out, in);
    float[] lanes = new float[RowProducts.LANES * in];
    int place = 0;
    for (Buffer weight : weights) {
      HostFloats values = weight.floats();
      long own = weight.elements() / in;
      for (long first = 0; first < own; ) {
        // Those that go side by side, so that memory is written in whole cache lines.
        int count = (int) Math.min(own - first, RowProducts.LANES - place % RowProducts.LANES);
        values.copyTo(first * in, lanes, 0, count * in);
        packed.set(place, count, lanes);
        place += count;
        first += count;
      }
    }
    return packed;
  }

  private void set(int output, int count, float[] rows) {
    long at = (long) (output / RowProducts.PANEL) * RowProducts.PANEL * in;
    at += output % RowProducts.PANEL;
    for (int i = 0; i < in; i++) {
      for (int row = 0; row < count; row++) {
        panels.setAtIndex(ValueLayout.JAVA_FLOAT, at + row, rows[row * in + i]);
      }
      at += RowProducts.PANEL;
    }
  }

  /** Outputs of all layers together. */
  public int out() {
    return out;
  }

  /** Bytes of the weights. */
  public long bytes() {
    return panels.byteSize();
  }

  /** Inputs. */
  public int in() {
    return in;
  }

  /** Values from one row of outputs to the next: {@link #out} rounded up. */
  public int stride() {
    return RowProducts.rounded(out);
  }

  /** The part of the panel that holds outputs from {@code first} to {@code end} at most. */
  Panel panel(int first, int end) {
    int panel = first / RowProducts.PANEL;
    int column = first % RowProducts.PANEL;
    int width = Math.min(end - first, RowProducts.PANEL - column);
    long at = (long) panel * RowProducts.PANEL * in + column;
    return new Panel(
        panels.asSlice(Dtype.FLOAT32.bytes(at)), in, RowProducts.PANEL, RowProducts.rounded(width));
  }
}
