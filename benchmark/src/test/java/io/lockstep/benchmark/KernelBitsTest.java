package io.lockstep.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.tensor.AdamW;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Kernels;
import io.lockstep.tensor.Torch;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KernelBitsTest {

  private static final int ELEMENTS = 5000;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void theHostsOwnKernelsHaveItsBits() {
    List<KernelBits.Result> results =
        KernelBits.compare(Devices.HOST, Devices.HOST.kernels(), ELEMENTS);
    assertEquals(6, results.size());
    for (KernelBits.Result each : results) {
      assertTrue(each.same(), each.kernel());
      assertEquals(ELEMENTS, each.elements());
    }
  }

  @Test
  void everyOtherBitIsFound() {
    Map<String, Boolean> same =
        KernelBits.compare(Devices.HOST, new Wrong(), ELEMENTS).stream()
            .collect(Collectors.toMap(KernelBits.Result::kernel, KernelBits.Result::same));
    assertEquals(6, same.size());
    assertTrue(same.values().stream().noneMatch(each -> each), same.toString());
  }

  /** The host's kernels, each with one bit that is another. */
  private static final class Wrong implements Kernels {

    private static final Kernels RIGHT = Devices.HOST.kernels();

    private static void disturb(Buffer buffer) {
      Buffer last = buffer.slice(buffer.elements() - 1, 1);
      byte old = last.toByteArray()[0];
      last.hostBytes().set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) (old ^ 1));
    }

    @Override
    public void add(Buffer into, Buffer from) {
      RIGHT.add(into, from);
      disturb(into);
    }

    @Override
    public void adamW(
        Buffer param, Buffer grad, Buffer m, Buffer v, AdamW.Hyper hyper, float gradScale) {
      RIGHT.adamW(param, grad, m, v, hyper, gradScale);
      disturb(v);
    }

    @Override
    public double squareSum(Buffer values) {
      return Math.nextUp(RIGHT.squareSum(values));
    }

    @Override
    public int checksum(Buffer values) {
      return RIGHT.checksum(values) ^ 1;
    }

    @Override
    public void cast(Buffer from, Buffer into) {
      RIGHT.cast(from, into);
      disturb(into);
    }
  }
}
