package io.lockstep.cli.command.bench;

import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.bench.StartupRuns;
import io.lockstep.cli.bench.Timings;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.Installation;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench startup}. */
@Command(
    name = "startup",
    description = {
      "Times what comes before the work: lockstep --help; lockstep train with one worker until its first step"
          + " is logged; a checkpoint's files until the first logits.",
      "Each --runs times. The last is measured within one process, whose code is compiled after the first runs."
    })
final class BenchStartupCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The checkpoint that is trained and loaded (default: the shipped base model).")
  private @Nullable Path model;

  @Option(
      names = "--runs",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "5",
      description = "How often each is timed (default: ${DEFAULT-VALUE}).")
  private int runs;

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Mixin private JsonOption json = new JsonOption();

  /** Something that takes a while. */
  private interface Timed {
    double seconds() throws IOException;
  }

  @Override
  public Integer call() throws Exception {
    Path used = model == null ? Installation.baseModel() : model;
    Installation.requireShape(used);
    Map<String, Timings> all = new LinkedHashMap<>();
    try (ScratchFolder folder = ScratchFolder.create()) {
      StartupRuns startup = new StartupRuns(used, folder.path());
      all.put("help", timings(startup::help));
      all.put("first_step", timings(startup::firstStep));
      tensors.start();
      all.put("first_logits", timings(startup::firstLogits));
    }
    Table table = new Table().row("", "p50", "p99");
    JsonLine line = new JsonLine().put("runs", runs);
    all.forEach((name, times) -> {
      table.row(name.replace('_', ' '), seconds(times.p50()), seconds(times.p99()));
      line.put(name + "_p50_s", times.p50()).put(name + "_p99_s", times.p99());
    });
    System.out.print(table.render());
    json.print(line);
    return 0;
  }

  private Timings timings(Timed work) throws IOException {
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      times.add(work.seconds());
    }
    return new Timings(times);
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.3f s", value);
  }
}
