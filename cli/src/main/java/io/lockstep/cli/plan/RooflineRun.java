package io.lockstep.cli.plan;

import io.lockstep.benchmark.BenchModel;
import io.lockstep.benchmark.MachineRates;
import io.lockstep.benchmark.OperatorBench;
import io.lockstep.benchmark.OperatorTimes;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UsageError;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.cost.ActivationBytes;
import io.lockstep.model.cost.NetworkWork;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The {@link Roofline} of a model's steps and tokens on this machine.
 *
 * @param name of the model
 * @param trained what is trained of it
 * @param adapter low-rank updates, if they are what is trained
 * @param size what is computed at once
 * @param checkpointing whether segments are computed again going back
 * @param workers that a step is shared among
 * @param sentBytes what each of them sends in a step
 */
public record RooflineRun(
    String name,
    ModelConfig config,
    ParameterLayout trained,
    Optional<AdapterPlan> adapter,
    Size size,
    boolean checkpointing,
    int workers,
    long sentBytes) {

  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";
  private static final long KIBI = 1024;
  private static final double GIGA = 1e9;

  /** Tokens that are measured of an answer, after its prompt. */
  private static final int NEW_TOKENS = 32;

  /** Gradient and two moments of what is trained. */
  private static final int STATE = 3;

  /**
   * What is computed at once.
   *
   * @param rows rows of a batch
   * @param length tokens of each, of which the second half is learned
   * @param side of the picture of each row, in pixels; 0 for none
   */
  public record Size(int rows, int length, int side) {

    private List<Grid> pictures(VisionConfig vision) {
      int patches = side / vision.patchSize();
      return side == 0 ? List.of() : Collections.nCopies(rows, new Grid(1, patches, patches));
    }

    private long supervised() {
      return (long) rows * (length - length / 2);
    }
  }

  /** Opens the model for training. */
  public interface Opener {
    LoadedModel open() throws IOException;
  }

  /** The machine, and both rooflines. */
  public record Result(MachineRates rates, Roofline step, Roofline token, Optional<String> note) {

    /** All of it, for people. */
    public String render() {
      return String.format(
              Locale.ROOT,
              "this machine with %d thread%s: %.0f GFLOP/s in a large product, memory %.1f GB/s (%.1f GB/s read by a product with one row), loopback %.1f GB/s%n",
              Torch.threads(),
              Torch.threads() == 1 ? "" : "s",
              rates.flops() / GIGA,
              rates.moved() / GIGA,
              rates.read() / GIGA,
              rates.loopback() / GIGA)
          + step.render()
          + token.render()
          + note.map(text -> text + "\n").orElse("");
    }

    /** All of it, for programs. */
    public JsonLine json() {
      return new JsonLine()
          .put("threads", Torch.threads())
          .put("product_flops_per_s", rates.flops())
          .put("memory_bytes_per_s", rates.moved())
          .put("read_bytes_per_s", rates.read())
          .put("loopback_bytes_per_s", rates.loopback())
          .put("step", step.figures())
          .put("token", token.figures());
    }
  }

  /**
   * Measures the machine, and the model on it if it can be opened and fits.
   *
   * @throws UsageError if the picture doesn't fit
   */
  public Result run(Optional<Opener> opener) throws IOException {
    requirePicture();
    MachineRates rates = MachineRates.measure();
    long needed = neededBytes();
    long free = availableBytes();
    boolean fits = needed <= free;
    Optional<OperatorTimes> steps = Optional.empty();
    Optional<OperatorTimes> tokens = Optional.empty();
    if (opener.isPresent() && fits) {
      try (LoadedModel model = opener.get().open()) {
        List<Sample> samples =
            BenchModel.samples(model, size.rows(), size.length(), size.side(), true);
        steps = Optional.of(OperatorBench.steps(model, samples, checkpointing));
        tokens = Optional.of(OperatorBench.tokens(model, samples, NEW_TOKENS));
      }
    }
    Roofline step =
        Roofline.ofStep(
            "a step of %s, %d x %d tokens, %s, half of them learned"
                .formatted(name, size.rows(), size.length(), pictures()),
            NetworkWork.step(
                config,
                trained,
                new NetworkWork.Load(
                    size.rows(), size.length(), size.pictures(config.vision()), size.supervised()),
                checkpointing),
            rates,
            steps);
    long cached = (long) size.length() + NEW_TOKENS / 2;
    Roofline token =
        Roofline.ofToken(
            "a further token of %d rows after %d tokens".formatted(size.rows(), cached),
            NetworkWork.token(config, size.rows(), cached),
            rates,
            tokens);
    return new Result(
        rates,
        workers == 1 ? step : step.exchanging(workers, sentBytes, rates),
        token,
        note(opener.isPresent(), fits, needed, free));
  }

  private static Optional<String> note(boolean opens, boolean fits, long needed, long free) {
    if (!opens) {
      return Optional.of(
          "not measured: that needs a folder with weights, and for an adapter a recipe");
    }
    return fits
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "not measured: training takes about %.1f GB, and %.1f GB are free",
                needed / GIGA,
                free / GIGA));
  }

  private String pictures() {
    return size.side() == 0
        ? "no pictures"
        : "a picture of %d x %d pixels each".formatted(size.side(), size.side());
  }

  private void requirePicture() {
    VisionConfig vision = config.vision();
    int block = vision.patchSize() * vision.spatialMergeSize();
    if (size.side() % block != 0) {
      throw new UsageError("--image is %d: give a multiple of %d".formatted(size.side(), block));
    }
    int tokens = (size.side() / block) * (size.side() / block);
    if (tokens + 2 >= size.length()) {
      throw new UsageError(
          "--image is %d, which takes %d tokens: a row has %d"
              .formatted(size.side(), tokens, size.length()));
    }
  }

  private long neededBytes() {
    List<Grid> pictures = size.pictures(config.vision());
    ActivationBytes.Load load =
        new ActivationBytes.Load(
            size.rows(),
            size.length(),
            pictures.size(),
            pictures.isEmpty() ? 0 : pictures.getFirst().patches(),
            size.supervised());
    long activations =
        ActivationBytes.of(config, load, new ActivationBytes.Mode(trained, checkpointing, adapter))
            .peak();
    return Dtype.FLOAT32.bytes(config.layout().elements() + STATE * trained.elements())
        + activations;
  }

  /** Memory that processes may still take (Linux); elsewhere as much as they like. */
  private static long availableBytes() throws IOException {
    if (!Files.isReadable(MEMORY)) {
      return Long.MAX_VALUE;
    }
    return Files.readAllLines(MEMORY).stream()
        .filter(line -> line.startsWith(AVAILABLE))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIBI)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }
}
