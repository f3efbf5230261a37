package io.lockstep.cli.command.bench;

import io.lockstep.cli.bench.DeviceSuite;
import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.command.DeviceConverter;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.Installation;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.data.file.FileWrites;
import io.lockstep.tensor.DeviceName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep bench device}. */
@Command(
    name = "device",
    description = {
      "Tests whether devices compute what a CPU does (kernels bit by bit, training beside the CPU, again,"
          + " and on all devices over NCCL), and measures models of given shapes with random weights.",
      "Exit code 1 if something failed or is missing; the JSON says what."
    })
final class BenchDeviceCommand implements Callable<Integer> {

  @Option(
      names = "--device",
      converter = DeviceConverter.class,
      paramLabel = "cpu|cuda:N",
      defaultValue = "cuda",
      description = "What is tested (default: ${DEFAULT-VALUE}).")
  private DeviceName device = DeviceName.CPU;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "Configuration and tokenizer of the small model that is trained (default: base-model of the clone).")
  private @Nullable Path model;

  @Option(
      names = "--shape",
      paramLabel = "DIR",
      description =
          "Configuration and tokenizer of a model whose throughput is measured (LoRA in bfloat16); may be repeated.")
  private List<Path> shapes = List.of();

  @Option(
      names = "--steps",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "20",
      description = "Steps of each training beside the CPU (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--seconds",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "540",
      description = "No check begins later (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(names = "--out", paramLabel = "FILE", description = "Also write the JSON object here.")
  private @Nullable Path out;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description = "Keep data, recipes, runs and logs in this folder (default: removed).")
  private @Nullable Path keep;

  @Option(names = "--json", description = "Print one JSON object at the end.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    Path small = model == null ? Installation.baseModel() : model;
    for (Path each : shapes) {
      Installation.requireShape(each);
    }
    Installation.requireShape(small);
    DeviceSuite suite =
        new DeviceSuite(
            new DeviceSuite.Options(device, small, shapes, steps, Duration.ofSeconds(seconds)),
            System.out);
    DeviceSuite.Report report = run(suite);
    if (!report.missing().isEmpty()) {
      System.out.println("missing: " + report.missing());
    }
    String line = json(report).toString();
    if (out != null) {
      FileWrites.text(out, line + "\n");
    }
    if (json) {
      System.out.println(line);
    }
    return report.ok() ? 0 : 1;
  }

  private DeviceSuite.Report run(DeviceSuite suite) throws Exception {
    Path kept = keep;
    if (kept != null) {
      return suite.run(Files.createDirectories(kept));
    }
    try (ScratchFolder folder = ScratchFolder.create()) {
      return suite.run(folder.path());
    }
  }

  private static JsonLine json(DeviceSuite.Report report) {
    return new JsonLine()
        .put("ok", report.ok())
        .put("missing", report.missing())
        .put("versions", report.versions())
        .put("checks", report.checks().stream().map(BenchDeviceCommand::json).toList());
  }

  private static Map<String, Object> json(DeviceSuite.Check check) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("name", check.name());
    values.put("ok", check.ok());
    values.put("words", check.words());
    values.put("figures", check.figures());
    return values;
  }
}
