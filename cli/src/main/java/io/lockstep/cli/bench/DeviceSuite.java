package io.lockstep.cli.bench;

import io.lockstep.benchmark.KernelBits;
import io.lockstep.cli.process.LocalCluster;
import io.lockstep.cli.process.ProcessGroup;
import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.train.Training;
import io.lockstep.data.file.FileWrites;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.DeviceName;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RecipeFile;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether devices of this machine compute what a CPU does, and how fast: kernels bit by bit,
 * training beside the CPU, training again, training on all devices over NCCL; then the throughput
 * of models of given shapes. What fails is told and the rest goes on, until the time is over.
 */
public final class DeviceSuite {

  /** Losses of a device may differ from the CPU's by this share of them. */
  private static final double LOSS_TOLERANCE = 1e-3;

  private static final long KERNEL_ELEMENTS = 4_194_304 + 77;
  private static final int PICTURES = 48;
  private static final int TEXTS = 16;

  /** The first steps of a measured run allocate and compile. */
  private static final int WARM_UP = 2;

  private static final int MEASURED = 6;

  private final Options options;
  private final PrintStream out;
  private final long deadline;

  /**
   * What to do.
   *
   * @param device what is tested; all devices that are seen are, if it is one of CUDA
   * @param model folder with configuration and tokenizer of the small model
   * @param shapes folders with those of models whose throughput is measured
   * @param steps of each training beside the CPU
   * @param limit no check begins later
   */
  public record Options(
      DeviceName device, Path model, List<Path> shapes, int steps, Duration limit) {

    public Options {
      shapes = List.copyOf(shapes);
    }
  }

  /**
   * What was found.
   *
   * @param missing why nothing could be tested, one line; empty if all could
   * @param versions what was tested
   * @param checks in the order in which they were made
   */
  public record Report(String missing, List<String> versions, List<Check> checks) {

    public Report {
      versions = List.copyOf(versions);
      checks = List.copyOf(checks);
    }

    /** Whether everything could be tested and nothing failed. */
    public boolean ok() {
      return missing.isEmpty() && checks.stream().allMatch(Check::ok);
    }
  }

  /**
   * One check.
   *
   * @param ok whether it came out as it should; a measurement does if it could be made
   * @param words one line for people
   * @param figures by name, for programs
   */
  public record Check(String name, boolean ok, String words, Map<String, Object> figures) {}

  /** A suite that tells what it does. */
  public DeviceSuite(Options options, PrintStream out) {
    this.options = options;
    this.out = out;
    deadline = System.nanoTime() + options.limit().toNanos();
  }

  /** Makes all checks; runs go into a folder. */
  public Report run(Path folder) throws Exception {
    List<String> seen;
    Device device;
    try {
      seen = options.device().cuda() ? Devices.visibleCudaDevices() : List.of("cpu");
      Torch.start(1);
      device = Devices.select(options.device());
    } catch (RuntimeException | LinkageError e) {
      return new Report(line(e), List.of(), List.of());
    }
    List<String> versions = new ArrayList<>(seen);
    versions.add(Devices.describe());
    versions.add(Torch.capability());
    List<Check> checks = new ArrayList<>();
    kernels(device).forEach(check -> add(checks, check));
    Runs runs = new Runs(folder);
    DemoData.generate(
        runs.data(),
        DemoOptions.of(PICTURES, 7, DemoStyle.INSPECTION).withTexts(TEXTS).withHeldout(1));
    trainings(runs, seen.size()).forEach(check -> add(checks, check));
    for (Path shape : options.shapes()) {
      add(checks, throughput(runs, shape));
    }
    return new Report("", versions, checks);
  }

  private void add(List<Check> checks, Check check) {
    out.println(
        "%s %s: %s".formatted(check.ok() ? "ok    " : "FAILED", check.name(), check.words()));
    checks.add(check);
  }

  private static List<Check> kernels(Device device) {
    try {
      return KernelBits.compare(device, device.kernels(), KERNEL_ELEMENTS).stream()
          .map(each ->
              new Check(
                  "kernel " + each.kernel(),
                  each.same(),
                  "%s, %.3f ms for %,d elements"
                      .formatted(
                          each.same() ? "the CPU's bits" : "other bits than the CPU's",
                          each.millis(),
                          each.elements()),
                  Map.of("elements", each.elements(), "ms", each.millis())))
          .toList();
    } catch (RuntimeException e) {
      return List.of(failed("kernels", e));
    }
  }

  private List<Check> trainings(Runs runs, int devices) {
    List<Check> checks = new ArrayList<>();
    boolean cuda = options.device().cuda();
    Training.Result onDevice;
    try {
      Training.Result onCpu = runs.train("cpu", runs.small(options, "auto"), false, 1);
      onDevice = runs.train("device", runs.small(options, "auto"), cuda, 1);
      checks.add(beside(losses(onCpu), losses(onDevice)));
    } catch (Exception e) {
      checks.add(failed("losses beside the CPU", e));
      return checks;
    }
    checks.add(
        again("bits of a second run", onDevice, runs, runs.small(options, "auto"), "again", 1));
    if (cuda) {
      checks.add(
          again(
              "bits over NCCL on %d devices".formatted(devices),
              onDevice,
              runs,
              runs.small(options, "nccl"),
              "nccl",
              devices));
    }
    return checks;
  }

  private Check again(
      String name, Training.Result first, Runs runs, String recipe, String run, int workers) {
    if (isOver()) {
      return late(name);
    }
    try {
      Training.Result second = runs.train(run, recipe, options.device().cuda(), workers);
      boolean same = second.weightsSha256().equals(first.weightsSha256());
      return new Check(
          name,
          same,
          same ? "the same weights" : "other weights than the first run's",
          Map.of("first", first.weightsSha256(), "second", second.weightsSha256()));
    } catch (Exception e) {
      return failed(name, e);
    }
  }

  private static List<Double> losses(Training.Result result) {
    return result.metrics().rows().stream().map(Metrics.Row::loss).toList();
  }

  /** Compares the losses of two runs, step by step. */
  static Check beside(List<Double> cpu, List<Double> device) {
    double largest = cpu.size() == device.size() && !cpu.isEmpty() ? 0 : Double.NaN;
    for (int i = 0; i < cpu.size() && i < device.size(); i++) {
      largest = Math.max(largest, Math.abs(device.get(i) - cpu.get(i)) / Math.abs(cpu.get(i)));
    }
    boolean ok = largest <= LOSS_TOLERANCE;
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("largest_relative_difference", largest);
    figures.put("tolerance", LOSS_TOLERANCE);
    figures.put("cpu", cpu);
    figures.put("device", device);
    return new Check(
        "losses beside the CPU",
        ok,
        "%d steps, at most %.2g of a loss apart".formatted(device.size(), largest),
        figures);
  }

  private Check throughput(Runs runs, Path shape) {
    String name = "throughput of " + shape.getFileName();
    if (isOver()) {
      return late(name);
    }
    boolean cuda = options.device().cuda();
    try (PeakMemory memory = PeakMemory.watch(options.device())) {
      Training.Result result =
          runs.train("shape-" + shape.getFileName(), runs.large(shape), cuda, 1);
      List<Metrics.Row> rows = result.metrics().rows();
      double samples =
          new Metrics(rows.subList(Math.min(WARM_UP, rows.size() - 1), rows.size()))
              .samplesPerSecond();
      return new Check(
          name,
          true,
          "%.2f samples/s, %.1f GiB of the device at most".formatted(samples, memory.gibibytes()),
          Map.of(
              "samples_per_second", samples,
              "seconds_with_start", result.seconds(),
              "peak_gib", memory.gibibytes()));
    } catch (Exception e) {
      return failed(name, e);
    }
  }

  private boolean isOver() {
    return System.nanoTime() > deadline;
  }

  private Check late(String name) {
    return new Check(
        name, false, "not begun: %d s are over".formatted(options.limit().toSeconds()), Map.of());
  }

  private static Check failed(String name, Throwable e) {
    return new Check(name, false, line(e), Map.of());
  }

  /** What went wrong, in one line. */
  static String line(Throwable e) {
    String message = String.valueOf(e.getMessage());
    String first = message.lines().findFirst().orElse("");
    return first.isBlank() || e.getMessage() == null ? e.toString() : first;
  }

  /** The suite's recipes and runs. */
  private record Runs(Path folder) {

    Path data() {
      return folder.resolve("data");
    }

    String small(Options options, String collective) {
      return """
      global_max_length: 512
      model: {model: %s, weights: initialise}
      data: {train_jsonl: %s, template: target_summary}
      training: {run_name: device, seed: 7, max_steps: %d, per_device_train_batch_size: 4, gradient_accumulation_steps: 2, logging_steps: 1, learning_rate: 0.001, save_strategy: 'no'}
      tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
      cluster: {virtual_ranks: 8, collective: %s}
      """
          .formatted(
              options.model().toAbsolutePath(),
              data().resolve("train.jsonl").toAbsolutePath(),
              options.steps(),
              collective);
    }

    String large(Path shape) {
      return """
      global_max_length: 2048
      model: {model: %s, weights: initialise, torch_dtype: bfloat16}
      data: {train_jsonl: %s, template: target_summary}
      training: {run_name: shape, seed: 7, max_steps: %d, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 0.0001, save_strategy: 'no'}
      tuner: {train_type: lora, lora_rank: 16}
      cluster: {virtual_ranks: 1}
      """
          .formatted(
              shape.toAbsolutePath(),
              data().resolve("train.jsonl").toAbsolutePath(),
              WARM_UP + MEASURED);
    }

    Training.Result train(String name, String recipe, boolean cuda, int workers) throws Exception {
      Path file = folder.resolve(name + ".yaml");
      FileWrites.text(file, recipe);
      RunFolder run = new RunFolder(folder.resolve(name));
      Training training =
          Training.prepare(
              new LocalCluster.Options(new RecipeFile(file), workers, 1, cuda, run),
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
      try (ProcessGroup group = new ProcessGroup(run.logs())) {
        return training.run(group, _ -> {});
      }
    }
  }
}
