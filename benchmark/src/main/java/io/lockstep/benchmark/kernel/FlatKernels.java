package io.lockstep.benchmark.kernel;

import io.lockstep.tensor.AdamW;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Kernels;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What is computed on flat memory between backward and commit, on one core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FlatKernels {

  private static final AdamW.Hyper HYPER = new AdamW.Hyper(1e-4, 0.9, 0.999, 1e-8, 0.01, 10);

  /** In the caches of a core, and far outside of them. */
  @Param({"16384", "4194304"})
  private long floats;

  private final Kernels kernels = Devices.HOST.kernels();
  private Arena arena = Arena.ofShared();
  private Buffer parameters = Buffer.onHost(arena, Dtype.FLOAT32, 0);
  private Buffer gradient = parameters;
  private Buffer mean = parameters;
  private Buffer meanSquare = parameters;
  private Buffer half = parameters;

  /** Fills memory with values of a gradient's size. */
  @Setup(Level.Trial)
  public void fill() {
    arena = Arena.ofShared();
    parameters = filled(1);
    gradient = filled(2);
    mean = filled(3);
    meanSquare = Buffer.onHost(arena, Dtype.FLOAT32, floats);
    half = Buffer.onHost(arena, Dtype.BFLOAT16, floats);
  }

  private Buffer filled(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Buffer values = Buffer.onHost(arena, Dtype.FLOAT32, floats);
    for (long i = 0; i < floats; i++) {
      values.floats().set(i, (float) (1e-3 * (random.nextDouble() - 0.5)));
    }
    return values;
  }

  @TearDown(Level.Trial)
  public void free() {
    arena.close();
  }

  /** One leaf of the reduction. */
  @Benchmark
  public void add() {
    kernels.add(parameters, gradient);
  }

  /** The update. */
  @Benchmark
  public void adamW() {
    kernels.adamW(parameters, gradient, mean, meanSquare, HYPER, 1);
  }

  /** The gradient's norm. */
  @Benchmark
  public double squareSum() {
    return kernels.squareSum(gradient);
  }

  /** What is told of a bucket. */
  @Benchmark
  public int checksum() {
    return kernels.checksum(gradient);
  }

  /** What a checkpoint in bfloat16 costs. */
  @Benchmark
  public void narrow() {
    kernels.cast(parameters, half);
  }

  /** What loading one costs. */
  @Benchmark
  public void widen() {
    kernels.cast(half, parameters);
  }
}
