package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.benchmark.BenchModel;
import io.lockstep.cli.bench.Timings;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code lockstep bench train} and {@code bench generate}, with the small model that is shipped.
 */
class BenchModelTest {

  private static final Path MODEL = Path.of("..", "base-model");

  @TempDir private Path folder;

  private static Said bench(String what, String... more) {
    List<String> line =
        new ArrayList<>(List.of("bench", what, "--model", MODEL.toString(), "--threads", "1"));
    line.addAll(List.of(more));
    return Said.by(line.toArray(String[]::new));
  }

  @Test
  void trainingLearnsItsBatchAndIsTimed() throws IOException {
    Said said =
        bench("train", "--batch", "2", "--length", "48", "--image", "64", "--steps", "3", "--json");
    assertEquals(0, said.exit(), said.err());
    JsonNode few = said.json();
    assertTrue(few.get("step_s").asDouble() > 0);
    assertEquals(2 * 48 / few.get("step_s").asDouble(), few.get("tokens_per_s").asDouble(), 1e-6);
    assertTrue(few.get("resident_bytes").asLong() > 0);
    JsonNode more =
        bench("train", "--batch", "2", "--length", "48", "--image", "64", "--steps", "20", "--json")
            .json();
    assertTrue(
        more.get("loss").asDouble() < few.get("loss").asDouble(),
        "the same batch again and again is learned");
  }

  @Test
  void whatStepsAndAnswersTakeGoesIntoAProfile() throws IOException {
    Path train = folder.resolve("train.json");
    Said said =
        bench(
            "train",
            "--batch",
            "1",
            "--length",
            "48",
            "--image",
            "64",
            "--steps",
            "3",
            "--profile",
            train.toString(),
            "--profile-steps",
            "2-3");
    assertEquals(0, said.exit(), said.err());
    ChromeEvents steps = ChromeEvents.read(train);
    steps.requireNested();
    assertEquals(List.of(2L, 3L), steps.of("step").stream().map(ChromeEvents.Event::step).toList());
    assertTrue(steps.covered() > 0.9);
    assertTrue(steps.of("segment").stream().anyMatch(event -> event.name().equals("head")));
    assertTrue(steps.of("operator").stream().anyMatch(event -> event.name().equals("AdamW")));
    assertTrue(steps.of("operator").stream().anyMatch(event -> event.name().equals("MmBackward0")));

    Path answer = folder.resolve("answer.json");
    Said answered =
        bench(
            "generate",
            "--batch",
            "1",
            "--prompt",
            "24",
            "--image",
            "64",
            "--new",
            "4",
            "--repetitions",
            "1",
            "--profile-to",
            answer.toString());
    assertEquals(0, answered.exit(), answered.err());
    ChromeEvents tokens = ChromeEvents.read(answer);
    tokens.requireNested();
    assertEquals(
        List.of("prompt", "token", "token", "token"),
        tokens.of("stage").stream().map(ChromeEvents.Event::name).toList());
    assertEquals(1, bench("train", "--profile", folder.resolve("no/t.json").toString()).exit());
  }

  @Test
  void answersAreTimedInBothProfiles() throws IOException {
    for (String profile : List.of("cached", "strict")) {
      JsonNode json =
          bench(
                  "generate",
                  "--profile",
                  profile,
                  "--batch",
                  "2",
                  "--prompt",
                  "24",
                  "--image",
                  "64",
                  "--new",
                  "3",
                  "--repetitions",
                  "1",
                  "--json")
              .json();
      assertEquals(profile, json.get("profile").asText());
      assertTrue(json.get("tokens_per_s").asDouble() > 0);
      assertTrue(json.get("first_token_s").asDouble() > 0);
      assertTrue(
          json.get("next_token_p99_ms").asDouble() >= json.get("next_token_p50_ms").asDouble());
    }
  }

  @Test
  void anAnswerMayHaveOneToken() {
    Said said =
        bench(
            "generate",
            "--batch",
            "1",
            "--prompt",
            "8",
            "--image",
            "0",
            "--new",
            "1",
            "--repetitions",
            "1");
    assertEquals(0, said.exit(), said.err());
    assertTrue(said.out().contains("tokens/s"), said.out());
  }

  @Test
  void whatDoesNotFitIsBadUsage() {
    Said picture = bench("generate", "--prompt", "10", "--image", "256");
    assertEquals(2, picture.exit());
    assertTrue(picture.err().contains("takes 64 tokens, and a row has 10"), picture.err());
    Said side = bench("train", "--image", "100");
    assertEquals(2, side.exit());
    assertTrue(side.err().contains("no multiple of 32"), side.err());
    Said negative = bench("train", "--image=-32");
    assertEquals(2, negative.exit());
    Said steps = bench("train", "--steps", "2");
    assertEquals(2, steps.exit());
    assertTrue(steps.err().contains("--steps"), steps.err());
  }

  @Test
  void aFolderWithoutAModelIsNamed() {
    Said said = Said.by("bench", "generate", "--model", folder.toString());
    assertEquals(1, said.exit());
    assertTrue(said.err().contains(folder + " holds no config.json"), said.err());
  }

  @Test
  void theBenchModelHas41MillionParameters() throws IOException {
    if (!Torch.isStarted()) {
      Torch.start(1);
    }
    BenchModel.write(MODEL, folder);
    try (LoadedModel model = BenchModel.open(folder)) {
      long millions = Math.round(model.parameters().layout().size() / 1e6);
      assertEquals(41, millions);
    }
  }

  @Test
  void quantilesAreOfTheSortedTimes() {
    Timings hundred =
        new Timings(DoubleStream.iterate(100, x -> x - 1).limit(100).boxed().toList());
    assertEquals(51, hundred.p50());
    assertEquals(100, hundred.p99());
    assertEquals(3, new Timings(List.of(3.0)).p99());
    assertThrows(IllegalArgumentException.class, () -> new Timings(List.of()));
  }
}
