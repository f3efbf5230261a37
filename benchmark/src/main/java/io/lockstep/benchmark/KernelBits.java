package io.lockstep.benchmark;

import io.lockstep.tensor.AdamW;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Kernels;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Compares a device's kernels with those of the host, bit by bit, and times them. */
public final class KernelBits {

  private static final AdamW.Hyper HYPER = new AdamW.Hyper(1e-4, 0.9, 0.999, 1e-8, 0.01, 10);
  private static final float GRADIENT_SCALE = 0.37f;
  private static final int ROUNDS = 5;
  private static final int MAGNITUDES = 16;

  private KernelBits() {}

  /**
   * One kernel.
   *
   * @param elements how many it computed
   * @param same whether all bits were those of the host
   * @param millis the fastest of some calls on the device, with the wait for its end
   */
  public record Result(String kernel, long elements, boolean same, double millis) {}

  /** The same elements on both sides. */
  private record Pair(Buffer device, Buffer host) {

    static Pair of(Scope scope, Device device, Dtype type, long elements) {
      return new Pair(
          scope.zeros(device, type, elements), scope.zeros(Devices.HOST, type, elements));
    }

    static Pair floats(Scope scope, Device device, long elements, long seed) {
      Pair pair = of(scope, device, Dtype.FLOAT32, elements);
      SplittableRandom random = new SplittableRandom(seed);
      HostFloats values = pair.host.floats();
      for (long i = 0; i < elements; i++) {
        double scale = Math.pow(10, -random.nextInt(MAGNITUDES));
        values.set(i, (float) ((random.nextDouble() - 0.5) * scale));
      }
      var _ = pair.device.copyFrom(pair.host);
      return pair;
    }

    boolean same() {
      return device.hasSameBytes(host);
    }
  }

  /**
   * Compares all of them.
   *
   * @param device where the tested kernels compute
   * @param kernels the tested ones
   * @param elements of each kernel's memory
   */
  public static List<Result> compare(Device device, Kernels kernels, long elements) {
    List<Result> results = new ArrayList<>();
    Kernels host = Devices.HOST.kernels();
    try (Scope scope = Scope.lasting()) {
      Pair parameter = Pair.floats(scope, device, elements, 1);
      Pair gradient = Pair.floats(scope, device, elements, 2);
      Pair mean = Pair.floats(scope, device, elements, 3);
      Pair square = Pair.of(scope, device, Dtype.FLOAT32, elements);
      Pair half = Pair.of(scope, device, Dtype.BFLOAT16, elements);
      for (int round = 0; round < ROUNDS; round++) {
        host.adamW(parameter.host, gradient.host, mean.host, square.host, HYPER, GRADIENT_SCALE);
        host.add(mean.host, gradient.host);
      }
      double adamW = Double.MAX_VALUE;
      double add = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        adamW =
            Math.min(
                adamW,
                millis(
                    parameter.device,
                    () ->
                        kernels.adamW(
                            parameter.device,
                            gradient.device,
                            mean.device,
                            square.device,
                            HYPER,
                            GRADIENT_SCALE)));
        add = Math.min(add, millis(mean.device, () -> kernels.add(mean.device, gradient.device)));
      }
      results.add(new Result("adamW", elements, parameter.same() && square.same(), adamW));
      results.add(new Result("add", elements, mean.same(), add));
      host.cast(parameter.host, half.host);
      double narrow = timed(half.device, () -> kernels.cast(parameter.device, half.device));
      results.add(new Result("cast to bfloat16", elements, half.same(), narrow));
      host.cast(half.host, mean.host);
      double widen = timed(mean.device, () -> kernels.cast(half.device, mean.device));
      results.add(new Result("cast to float32", elements, mean.same(), widen));
      double sum =
          timed(
              gradient.device,
              () -> {
                var _ = kernels.squareSum(gradient.device);
              });
      boolean sameSum = kernels.squareSum(gradient.device) == host.squareSum(gradient.host);
      results.add(new Result("square sum", elements, sameSum, sum));
      double checksum =
          timed(
              gradient.device,
              () -> {
                var _ = kernels.checksum(gradient.device);
              });
      boolean sameChecksum = kernels.checksum(gradient.device) == host.checksum(gradient.host);
      results.add(new Result("checksum", elements, sameChecksum, checksum));
    }
    return results;
  }

  private static double timed(Buffer written, Runnable kernel) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      best = Math.min(best, millis(written, kernel));
    }
    return best;
  }

  /** Reading an element waits until all before it has been computed. */
  private static double millis(Buffer written, Runnable kernel) {
    var _ = written.slice(0, 1).toHost();
    long begin = System.nanoTime();
    kernel.run();
    var _ = written.slice(0, 1).toHost();
    return (System.nanoTime() - begin) / 1e6;
  }
}
