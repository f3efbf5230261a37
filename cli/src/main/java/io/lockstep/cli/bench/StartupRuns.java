package io.lockstep.cli.bench;

import io.lockstep.cli.console.Installation;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.file.FileWrites;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Decoder;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How long things take that come before the work: each call does one of them and says how many
 * seconds it took.
 */
public final class StartupRuns {

  private static final double NANOS = 1e9;
  private static final long POLL_MILLIS = 5;
  private static final int SAMPLES = 4;

  private final Path model;
  private final Path folder;
  private final Path recipe;
  private int runs;

  /**
   * Draws what is trained on.
   *
   * @param model a checkpoint
   * @param folder for data and runs
   */
  public StartupRuns(Path model, Path folder) throws IOException {
    this.model = model.toAbsolutePath();
    this.folder = folder;
    var _ =
        DemoData.generate(folder.resolve("data"), DemoOptions.of(SAMPLES, 1, DemoStyle.INSPECTION));
    recipe = folder.resolve("recipe.yaml");
    FileWrites.text(
        recipe,
        """
        global_max_length: 400
        model: {model: "%s"}
        data: {train_jsonl: "%s", template: target_summary}
        training: {run_name: start, max_steps: 1, per_device_train_batch_size: 1, gradient_accumulation_steps: 1, eval_strategy: "no"}
        tuner: {train_type: lora, target_modules: [all-linear], freeze_llm: false}
        """
            .formatted(this.model, folder.resolve("data").resolve("train.jsonl")));
  }

  /** {@code lockstep --help}, from its start to its end. */
  public double help() throws IOException {
    long begin = System.nanoTime();
    Process process = start(List.of("--help"), folder.resolve("help.log"));
    await(process, folder.resolve("help.log"));
    return (System.nanoTime() - begin) / NANOS;
  }

  /** {@code lockstep train} with one worker, from its start to the first line of its log. */
  public double firstStep() throws IOException {
    runs++;
    Path out = folder.resolve("run-" + runs);
    Path log = folder.resolve("run-" + runs + ".log");
    Path metrics = new RunFolder(out).metrics();
    long begin = System.nanoTime();
    Process process =
        start(
            List.of(
                "train", "--config", recipe.toString(), "--workers", "1", "--out", out.toString()),
            log);
    while (process.isAlive() && !hasLine(metrics)) {
      pause();
    }
    double seconds = (System.nanoTime() - begin) / NANOS;
    await(process, log);
    return seconds;
  }

  private static boolean hasLine(Path file) throws IOException {
    return Files.exists(file) && Files.size(file) > 0;
  }

  /** From a checkpoint's files to the logits of the first token of an answer, in this process. */
  public double firstLogits() throws IOException {
    long begin = System.nanoTime();
    try (LoadedModel loaded = LoadedModel.open(model)) {
      Conversation question = new Conversation(List.of(Message.text(Role.USER, "What is this?")));
      Autograd.inference(() -> {
        try (Decoder decoder =
            Decoder.open(
                Profile.CACHED,
                loaded.network(),
                loaded.collator(),
                List.of(loaded.encoder().prompt("question", question, 1)),
                1,
                VisionLanguageModel.NO_PROBE)) {
          var _ = decoder.first();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
      return (System.nanoTime() - begin) / NANOS;
    }
  }

  /** Starts what users start; without a launcher, the JVM that this process runs in. */
  private Process start(List<String> arguments, Path log) throws IOException {
    List<String> command = new ArrayList<>();
    Path launcher = Installation.home().resolve("lockstep").toAbsolutePath();
    if (Files.isExecutable(launcher)) {
      command.add(launcher.toString());
    } else {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          List.of(
              "--enable-native-access=ALL-UNNAMED",
              "-cp",
              System.getProperty("java.class.path"),
              "io.lockstep.cli.Main"));
    }
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static void await(Process process, Path log) throws IOException {
    try {
      if (process.waitFor() != 0) {
        throw new UserError(
            "the command failed: " + Files.readAllLines(log).stream().reduce("", (a, b) -> b));
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
