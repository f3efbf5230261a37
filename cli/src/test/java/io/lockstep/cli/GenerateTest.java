package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code lockstep generate} on the tiny reference checkpoints. */
@ParameterizedClass
@EnumSource(GoldenFamily.class)
class GenerateTest {

  private static final String[] SAMPLED = {
    "--temperature", "0.9", "--top-p", "0.95", "--top-k", "40", "--repetition-penalty", "1.1"
  };

  @TempDir private Path model;

  private final GoldenFamily family;

  GenerateTest(GoldenFamily family) {
    this.family = family;
  }

  @BeforeEach
  void copyReference() throws IOException {
    try (Stream<Path> files = Files.list(family.checkpoint())) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void bothProfilesDrawTheSameTokensAndTheSeedDecidesWhich() throws IOException {
    Said cached = generate(with(SAMPLED, "--seed", "7"));
    Said strict = generate(with(SAMPLED, "--seed", "7", "--profile", "strict"));
    Said other = generate(with(SAMPLED, "--seed", "8"));

    assertEquals(0, cached.exit(), cached.err());
    assertEquals(cached.json().get("tokens"), strict.json().get("tokens"));
    assertEquals("strict", strict.json().get("profile").asText());
    boolean cut = cached.json().get("new_tokens").asInt() == 8;
    assertEquals(cut ? "length" : "eos", cached.json().get("ended_by").asText());
    assertEquals(cut, cached.err().contains("the answer was cut after 8 tokens"), cached.err());
    assertNotEquals(cached.json().get("tokens"), other.json().get("tokens"));
    assertTrue(cached.out().startsWith(cached.json().get("text").asText()), cached.out());
  }

  @Test
  void aRecommendationIsUsedOnlyIfItIsAskedForAndOptionsGoBeforeIt() throws IOException {
    recommend("\"do_sample\": true, \"temperature\": 0.7, \"top_p\": 0.8, \"top_k\": 20");
    JsonNode plain = generate("--max-new-tokens", "3").json();
    assertEquals(0, plain.get("temperature").asDouble());
    assertEquals(0, plain.get("top_k").asInt());
    assertEquals("length", plain.get("ended_by").asText(), "as in the answers of an evaluation");

    JsonNode asked =
        generate("--max-new-tokens", "3", "--sampling", "checkpoint", "--top-k", "9").json();
    assertEquals(0.7, asked.get("temperature").asDouble());
    assertEquals(0.8, asked.get("top_p").asDouble());
    assertEquals(9, asked.get("top_k").asInt());
  }

  @Test
  void everySettingOutsideOfItsRangeIsBadUsage() {
    Said said =
        generate(
            "--temperature",
            "-1",
            "--top-p",
            "2",
            "--min-new-tokens",
            "9",
            "--max-new-tokens",
            "3");
    assertEquals(2, said.exit());
    for (String part : List.of("temperature is -1.0", "top_p is 2.0", "min_new_tokens is 9")) {
      assertTrue(said.err().contains(part), said.err());
    }
    assertEquals(1, said.err().lines().count(), said.err());
  }

  @Test
  void anAnswerThatEndsAtOnceIsAnErrorWithItsFigures() throws IOException {
    int first = generate("--max-new-tokens", "1").json().get("tokens").get(0).asInt();
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"eos_token_id\": [685, %d], \"pad_token_id\": 685}".formatted(first));

    Said said = generate();
    assertEquals(1, said.exit());
    assertTrue(
        said.err()
            .matches(
                "(?s).*img0.*: \\d+ prompt tokens, 0 new tokens, first token .* \\(%d\\) with probability 0\\..*"
                    .formatted(first)),
        said.err());
    assertEquals(0, generate("--min-new-tokens", "2", "--max-new-tokens", "4").exit());
  }

  private void recommend(String sampling) throws IOException {
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"eos_token_id\": [684, 685], \"pad_token_id\": 685, %s}".formatted(sampling));
  }

  private static String[] with(String[] options, String... more) {
    return Stream.of(options, more).flatMap(Stream::of).toArray(String[]::new);
  }

  private Said generate(String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "generate",
                "--model",
                model.toString(),
                "--image",
                Goldens.image("img0.png").toString(),
                "--prompt",
                "describe",
                "--json"));
    arguments.addAll(List.of(options));
    if (!arguments.contains("--max-new-tokens")) {
      arguments.addAll(List.of("--max-new-tokens", "8"));
    }
    return Said.by(arguments.toArray(String[]::new));
  }
}
