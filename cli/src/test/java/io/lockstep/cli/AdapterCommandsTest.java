package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that are given an adapter's folder, and {@code lockstep export merge}. */
class AdapterCommandsTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;

  @TempDir private Path folder;
  private Path base = Path.of("");
  private Path adapter = Path.of("");

  @BeforeEach
  void copyReference() throws IOException {
    base = Folders.copy(FAMILY.checkpoint(), folder.resolve("checkpoint"));
    adapter = Folders.copy(GoldenAdapter.DORA.folder(FAMILY), folder.resolve("adapter"));
  }

  @Test
  void anAdapterAnswersAsTheModelThatItIsMergedInto() throws IOException {
    Path merged = folder.resolve("merged");
    Said said =
        Said.by("export", "merge", "--adapter", adapter.toString(), "--out", merged.toString());
    assertEquals(0, said.exit(), said.err());
    assertTrue(said.out().contains(" tensors of "), said.out());
    assertTrue(said.lastLine().matches("weights sha256: [0-9a-f]{64}"), said.lastLine());
    assertEquals(
        said.lastLine().replace("weights ", ""),
        Said.by("digest", "--checkpoint", merged.toString()).lastLine());

    JsonNode tokens = answer(adapter);
    assertEquals(tokens, answer(merged));
    assertNotEquals(tokens, answer(base));
  }

  @Test
  void aMergeThatCannotBeIsOneLineThatSaysWhy() throws IOException {
    Path out = folder.resolve("merged");
    assertFails(merge(base, adapter, adapter), adapter + " exists already");
    assertFails(merge(base, base, out), base + " holds no adapter_config.json");
    assertFails(merge(adapter, adapter, out), adapter + " is an adapter itself");
    assertFails(merge(GoldenFamily.QWEN2_5_VL.checkpoint(), adapter, out), "problems more");
    assertTrue(Files.notExists(out));
  }

  @Test
  void aRecipeIsValidatedWithTheTableOfWhatItTrains() throws IOException {
    Said said = Said.by("validate", "--config", recipe("").toString());
    assertEquals(0, said.exit(), said.err());
    for (String part : List.of("module", "trainable", "llm", "vit", "aligner", "all")) {
      assertTrue(said.out().contains(part), said.out());
    }
    assertTrue(said.lastLine().endsWith(": OK"), said.lastLine());

    assertFails(
        Said.by("validate", "--config", recipe(", target_modules: [query]").toString()),
        "no layer is called query");
  }

  @Test
  void anAdapterToGoOnWithIsComparedWithItsBaseBeforehand() throws IOException {
    Folders.replace(adapter.resolve("adapter_config.json"), "\"r\": 4", "\"r\": 6");
    Said said =
        Said.by("validate", "--config", recipe(", resume_from_checkpoint: adapter").toString());
    assertEquals(1, said.exit());
    assertTrue(said.err().contains("has shape [4, 48]"), said.err());
  }

  private Path recipe(String tuner) throws IOException {
    Path data = folder.resolve("train.jsonl");
    Files.writeString(
        data,
        """
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
        """);
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        global_max_length: 400
        model: {model: checkpoint}
        data: {train_jsonl: train.jsonl, template: target_summary}
        training: {seed: 7, max_steps: 1, learning_rate: 0.001}
        tuner: {train_type: lora, freeze_vit: false, freeze_aligner: false%s}
        """
            .formatted(tuner));
  }

  private static JsonNode answer(Path model) throws IOException {
    Said said =
        Said.by(
            "generate",
            "--model",
            model.toString(),
            "--image",
            Goldens.image("img0.png").toString(),
            "--prompt",
            "describe",
            "--max-new-tokens",
            "8",
            "--json");
    assertEquals(0, said.exit(), said.err());
    return said.json().get("tokens");
  }

  private static Said merge(Path base, Path adapter, Path out) {
    return Said.by(
        "export",
        "merge",
        "--model",
        base.toString(),
        "--adapter",
        adapter.toString(),
        "--out",
        out.toString());
  }

  private static void assertFails(Said said, String part) {
    assertEquals(1, said.exit(), said.out());
    assertTrue(said.err().contains(part), said.err());
    assertEquals(1, said.err().lines().count(), said.err());
  }
}
