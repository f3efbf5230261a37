package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code lockstep eval} on a summary, a dense picture and a conversation, with an untrained model.
 */
class EvalTest {

  private static final String MODEL = GoldenFamily.QWEN3_VL.checkpoint().toString();
  private static final int TOKENS = 6;

  @TempDir private static Path folder;
  private static Path data = Path.of("");

  @BeforeAll
  static void writeData() throws IOException {
    Files.copy(Goldens.image("img0.png"), folder.resolve("a.png"));
    var size = javax.imageio.ImageIO.read(folder.resolve("a.png").toFile());
    String picture =
        "{\"images\": [\"a.png\"], \"objects\": [{\"desc\": \"cat\", \"bbox_2d\": [1, 2, 13, 14]},"
            + " {\"desc\": \"rope\", \"line\": [1, 2, 13, 14]}], \"width\": %d, \"height\": %d%s}\n"
                .formatted(size.getWidth(), size.getHeight(), "%s");
    data = folder.resolve("val.jsonl");
    Files.writeString(
        data,
        picture.formatted(", \"summary\": \"cat×1\"")
            + picture.formatted("")
            + "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi?\"},"
            + " {\"role\": \"assistant\", \"content\": \"Ho\"}]}\n");
  }

  @Test
  void everyAnswerIsInTheFileWithItsKindAndVerdict() throws IOException {
    Path out = folder.resolve("out");
    Said said = eval("--output_dir", out.toString(), "--json", "--wrong");
    List<JsonNode> answers = lines(out.resolve("answers.jsonl"));
    assertEquals(List.of("summary", "dense", "chat"), texts(answers, "kind"), said.err());
    assertEquals(
        List.of("cat×1", "Ho"),
        List.of(texts(answers, "target").get(0), texts(answers, "target").get(2)));
    for (JsonNode answer : answers) {
      // An untrained model is right about nothing.
      assertTrue(
          Set.of("wrong", "cut", "loop", "unparseable", "empty")
              .contains(answer.get("verdict").textValue()),
          answer.toString());
      assertTrue(answer.get("tokens").intValue() <= TOKENS);
      if (answer.get("ended_by").textValue().equals("length")) {
        assertEquals(TOKENS, answer.get("tokens").intValue());
      }
    }
    assertEquals(2, answers.get(1).get("dense").get("truths").intValue());
    assertEquals(1, answers.get(1).get("dense").get("lines").get("truths").intValue());
    JsonNode figures = said.json();
    assertEquals(3, figures.get("questions").intValue());
    assertEquals(2, figures.get("pictures").intValue());
    assertEquals(0, figures.get("right").intValue());
    assertEquals(0, figures.get("dense_recall").doubleValue());
    assertEquals(1, figures.get("dense_boxes_truths").intValue());
    assertTrue(figures.get("dense_mean_iou").isNull());
    assertEquals(
        3,
        List.of("wrong", "cut", "loop", "unparseable", "no_answer").stream()
            .mapToInt(key -> figures.get(key).intValue())
            .sum());
    assertEquals(figures, new ObjectMapper().readTree(out.resolve("scores.json").toFile()));
  }

  @Test
  void theModeSaysWhatPicturesAreAskedFor() throws IOException {
    Path file = folder.resolve("dense.jsonl");
    eval("--mode", "dense", "--answers", file.toString());
    assertEquals(List.of("dense", "dense", "chat"), texts(lines(file), "kind"));
    Said said = eval("--mode", "summary", "--answers", file.toString());
    assertEquals(List.of("summary", "chat"), texts(lines(file), "kind"));
    assertTrue(said.out().contains("left out: 1 records"), said.out());
  }

  @Test
  void coordinatesAreInTheUnitThatTheCheckpointWasTrainedWith() throws Exception {
    Path trained = folder.resolve("trained");
    Files.createDirectory(trained);
    try (Stream<Path> files = Files.list(Path.of(MODEL))) {
      for (Path file : files.toList()) {
        Files.copy(file, trained.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        trained.resolve("run.yaml"),
        RunConfig.parse(
                """
                global_max_length: 512
                model: {model: %s}
                data: {train_jsonl: val.jsonl, template: target_dense}
                custom: {emit_norm: norm100}
                """
                    .formatted(MODEL),
                "test",
                folder)
            .toYaml());
    Path answers = folder.resolve("units.jsonl");
    Said own = evalOf(trained.toString(), "--mode", "dense", "--answers", answers.toString());
    assertTrue(
        own.out().contains("unit of coordinates: norm100, as the checkpoint was trained"),
        own.out() + own.err());
    String hundredths = texts(lines(answers), "target").getFirst();
    Said given =
        evalOf(
            trained.toString(),
            "--mode",
            "dense",
            "--emit-norm",
            "norm1000",
            "--answers",
            answers.toString());
    assertFalse(given.out().contains("unit of coordinates"), given.out());
    String thousandths = texts(lines(answers), "target").getFirst();
    assertNotEquals(hundredths, thousandths);
    eval("--mode", "dense", "--answers", answers.toString());
    assertEquals(thousandths, texts(lines(answers), "target").getFirst(), "no run has said so");
  }

  @Test
  void aSweepOverTheTargetsOfAFusionWritesTheAnswersOfEachBudget() throws IOException {
    Path recipe = folder.resolve("recipe.yaml");
    String target = "{name: %s, train_jsonl: val.jsonl, val_jsonl: val.jsonl, template: target_%s}";
    Files.writeString(
        recipe,
        """
        global_max_length: 512
        model: {model: %s}
        data: {fusion: {targets: [%s, %s], sources: []}}
        training: {seed: 5, max_steps: 1, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(
                MODEL, target.formatted("site", "dense"), target.formatted("short", "summary")));
    Path out = folder.resolve("sweep");
    Said said =
        Said.by(
            "eval",
            "--model",
            MODEL,
            "--config",
            recipe.toString(),
            "--max-new-tokens",
            String.valueOf(TOKENS),
            "--sweep-token-budget",
            "1.0,0.5",
            "--out",
            out.toString(),
            "--json");
    for (String budget : List.of("1.0", "0.5")) {
      Path answers = out.resolve("site").resolve("answers-" + budget + ".jsonl");
      assertTrue(Files.exists(answers), said.err());
      assertEquals(List.of("dense", "dense", "chat"), texts(lines(answers), "kind"));
      assertEquals(List.of("site", "site", "site"), texts(lines(answers), "dataset"));
    }
    assertEquals(
        List.of("summary", "chat"),
        texts(lines(out.resolve("short").resolve("answers-0.5.jsonl")), "kind"));
    assertEquals("[1.0,0.5]", said.json().get("site_token_budget").toString());
    assertEquals("[0,0]", said.json().get("short_right").toString());
    assertFalse(said.json().has("short_dense_f1"));
  }

  @Test
  void optionsThatDontGoTogetherAreRefused() {
    Said said = eval("--sweep-token-budget", "1.0,0.5", "--out", "x", "--answers", "y");
    assertEquals(2, said.exit());
    assertTrue(said.err().contains("answers-BUDGET.jsonl"), said.err());
    Said mode = eval("--mode", "both");
    assertEquals(2, mode.exit());
    assertTrue(mode.err().contains("'both' is not summary, dense or auto"), mode.err());
  }

  private static Said eval(String... options) {
    return evalOf(MODEL, options);
  }

  private static Said evalOf(String model, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "eval",
                "--model",
                model,
                "--data",
                data.toString(),
                "--max-new-tokens",
                String.valueOf(TOKENS)));
    arguments.addAll(List.of(options));
    return Said.by(arguments.toArray(String[]::new));
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private static List<String> texts(List<JsonNode> lines, String key) {
    return lines.stream().map(line -> line.get(key).textValue()).toList();
  }
}
