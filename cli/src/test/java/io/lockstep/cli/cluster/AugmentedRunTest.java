package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.bank.BankFolder;
import io.lockstep.data.bank.BankReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that augment their pictures with pieces of others, through real processes. */
class AugmentedRunTest {

  /** Pieces come from samples at least four steps earlier: the last three steps have some. */
  private static final int STEPS = 8;

  private static final String AUGMENTATION =
      """
      augmentation:
        ops:
          - {name: rotate, params: {prob: 0.5, max_deg: [-6, 6]}}
          - {name: small_object_zoom_paste, params: {max_targets: 2, scale: [0.8, 1.1], source_mode: mixed, bank_add_prob: 0.8}}
          - {name: color_jitter, params: {prob: 0.5}}\
      """;

  @TempDir private static Path folder;
  private static TinyRun tiny;
  private static String undisturbed = "";

  @BeforeAll
  static void trainUndisturbed() throws Exception {
    tiny = TinyRun.create(folder);
    undisturbed = train(recipe(1, AUGMENTATION), 1, "one", Map.of());
    assertTrue(undisturbed.matches("weights sha256: [0-9a-f]{64}"), undisturbed);
  }

  @Test
  void workersLoaderThreadsAndKillsChangeNeitherWeightsNorCountsOfOperatorsAndPadding()
      throws Exception {
    String counts = counts("one");
    Path kills =
        Files.writeString(
            folder.resolve("kills.jsonl"),
            "{\"at_step\": 5, \"process\": \"worker-0\", \"restart_after\": 0}\n");
    assertEquals(
        undisturbed,
        train(recipe(3, AUGMENTATION), 2, "killed", Map.of(), "--kill-schedule", kills.toString()));
    BankReport bank = BankReport.of(folder.resolve("killed/patch_bank"));
    assertTrue(bank.patches() > 0, bank::toString);
    assertEquals(0, bank.damagedCount());
    assertEquals(counts, counts("killed"), "rank 0 was killed between two lines");
    JsonNode last = new ObjectMapper().readTree(counts.lines().toList().getLast());
    assertEquals(STEPS, last.get("step").intValue());
    long pictures =
        last.path("aug/rotate_applied").asLong() + last.path("aug/rotate_skipped").asLong();
    assertTrue(pictures >= STEPS && last.path("aug/rotate_skipped").asLong() > 0, last::toString);
    assertTrue(last.path("aug/small_object_zoom_paste_applied").asLong() > 0, last::toString);
    assertTrue(last.path("batch_tokens").asLong() > last.path("padding_tokens").asLong());
    assertEquals(logged("one"), logged("killed"));
    assertTrue(logged("one").getFirst().contains("padding_share"), logged("one")::toString);
  }

  private static String counts(String run) throws IOException {
    return Files.readString(folder.resolve(run).resolve("counts.jsonl"));
  }

  /** What each line of a run's log says of operators, padding and dropped samples. */
  private static List<String> logged(String run) throws IOException {
    List<String> logged = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(run).resolve("logging.jsonl"))) {
      StringBuilder figures = new StringBuilder();
      new ObjectMapper()
          .readTree(line)
          .properties()
          .forEach(field -> {
            if (field.getKey().matches("step|aug/.*|padding_share|dropped_.*")) {
              figures.append(field).append(' ');
            }
          });
      logged.add(figures.toString().strip());
    }
    return logged;
  }

  @Test
  void anAnswersLengthsAndBeginningAreSaidAtLevelDebugAlone() throws Exception {
    // A model that has learned to speak: the drawn one's answers may be blank.
    String model = Path.of("..", "base-model").toAbsolutePath().normalize().toString();
    List<String> ask =
        List.of("generate", "--model", model, "--prompt", "Hi", "--max-new-tokens", "3");
    Launched silent = Launched.run(folder, ask.toArray(String[]::new)).succeeded();
    assertFalse(silent.errors().contains("seq_len="), silent.errors());
    List<String> debug = new ArrayList<>(ask);
    debug.add("--debug");
    Launched said = Launched.run(folder, debug.toArray(String[]::new)).succeeded();
    assertTrue(
        said.errors()
            .lines()
            .anyMatch(line ->
                line.matches(
                    ".* DEBUG Generator: answer: seq_len=\\d+ prompt_len=\\d+ gen_len=3 resp_len=\\d+ resp_preview=\".*\"")),
        said.errors());
  }

  @Test
  void aRunThatGoesOnWithADamagedBankSaysSoAndMakesTheSameWeights() throws Exception {
    Path half = folder.resolve("one/checkpoints").resolve("step-%08d".formatted(STEPS / 2));
    Path damaged = damagedCopy(folder.resolve("one/patch_bank"), folder.resolve("damaged_bank"));
    Launched run =
        Launched.train(
            folder,
            Map.of(BankFolder.VARIABLE, damaged.toString()),
            recipe(1, AUGMENTATION),
            2,
            "damaged",
            "--debug",
            "--resume-from",
            half.toString());
    assertEquals(undisturbed, run.succeeded().lastLine());
    List<String> shown =
        run.out().lines().filter(line -> line.matches(" *worker-[01] .*ERROR.*")).toList();
    assertTrue(
        shown.stream()
            .anyMatch(line ->
                line.matches(
                    " *worker-[01] \\(rank [01]\\) ERROR PatchSupply: .*is cut from its picture instead")),
        run.out());
    assertEquals(shown.size(), shown.stream().distinct().count(), "each once");
    String logs = logs("damaged");
    assertTrue(logs.contains("is cut from its picture instead"), logs);
    assertTrue(logs.contains(" DEBUG [rank 1] "), "--debug holds for all processes");
  }

  /** A copy of a bank in which no byte of a patch is right. */
  private static Path damagedCopy(Path bank, Path copy) throws IOException {
    Files.createDirectory(copy);
    for (Path file : files(bank)) {
      byte[] bytes = Files.readAllBytes(file);
      if (file.toString().endsWith(".data")) {
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] ^= 1;
        }
      }
      Files.write(copy.resolve(file.getFileName()), bytes);
    }
    return copy;
  }

  private static String logs(String run) throws IOException {
    StringBuilder logs = new StringBuilder();
    for (Path log : files(folder.resolve(run).resolve("logs"))) {
      logs.append(Files.readString(log));
    }
    return logs.toString();
  }

  private static List<Path> files(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Path recipe(int loaderThreads, String augmentation) throws IOException {
    String name = "augmented-%d.yaml".formatted(loaderThreads);
    Path recipe = tiny.recipe(name, tiny.data().resolve("train.jsonl"), STEPS);
    String text =
        Files.readString(recipe)
            .replace("data: {", "data: {dataloader_num_workers: %d, ".formatted(loaderThreads))
            .replace("logging_steps: 1", "logging_steps: 3")
            .replace("training: {", "training: {save_steps: %d, ".formatted(STEPS / 2));
    return Files.writeString(recipe, text + augmentation);
  }

  private static String train(
      Path recipe, int workers, String out, Map<String, String> environment, String... more)
      throws Exception {
    return Launched.train(folder, environment, recipe, workers, out, more).succeeded().lastLine();
  }
}
