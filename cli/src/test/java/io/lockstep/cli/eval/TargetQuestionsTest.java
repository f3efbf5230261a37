package io.lockstep.cli.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.prompt.PromptTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetQuestionsTest {

  private static final String PICTURE =
      """
      {"images": ["a.png"], "objects": [{"desc": "cat", "bbox_2d": [1, 2, 3, 4]}], "width": 10, "height": 10%s}
      """;

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void writeRecords() throws IOException {
    // A checkpoint without a run.yaml is asked with the default prompts.
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(
        folder.resolve("val.jsonl"),
        PICTURE.formatted(", \"summary\": \"cat×1\"")
            + PICTURE.formatted("")
            + """
            {"messages": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Ho"}]}
            """);
  }

  @Test
  void eachTargetIsAskedInItsOwnWaysAndNoSource() throws IOException {
    FusionConfig fusion =
        new FusionConfig(
            1,
            List.of(
                dataset("dense", DatasetTemplate.TARGET_DENSE, true),
                dataset("short", DatasetTemplate.TARGET_SUMMARY, true),
                dataset("untested", DatasetTemplate.TARGET_DENSE, false)),
            List.of(dataset("source", DatasetTemplate.SOURCE_DENSE, true)));
    Map<String, List<Question>> questions =
        TargetQuestions.read(folder.resolve("model"), fusion, EmitNorm.NORM1000);
    assertEquals(List.of("dense", "short"), List.copyOf(questions.keySet()));
    String object = "{\"object_1\": {\"desc\": \"cat\", \"bbox_2d\": [100, 200, 300, 400]}}";
    assertEquals(List.of(object, object, "Ho"), truths(questions, "dense"));
    assertEquals(List.of("cat×1", "Ho"), truths(questions, "short"));
  }

  @Test
  void targetsWithoutValidationRecordsAreNamed() {
    FusionConfig fusion =
        new FusionConfig(
            1, List.of(dataset("site", DatasetTemplate.TARGET_DENSE, false)), List.of());
    UserError error =
        assertThrows(
            UserError.class,
            () -> TargetQuestions.read(folder.resolve("model"), fusion, EmitNorm.NORM1000));
    assertTrue(String.valueOf(error.getMessage()).contains("add one to site"));
  }

  private static List<String> truths(Map<String, List<Question>> questions, String target) {
    return questions.getOrDefault(target, List.of()).stream().map(Question::truth).toList();
  }

  private DatasetConfig dataset(String name, DatasetTemplate template, boolean validated) {
    Path file = folder.resolve("val.jsonl");
    return new DatasetConfig(
        name,
        file,
        validated ? Optional.of(file) : Optional.empty(),
        template,
        0.5,
        1,
        0,
        true,
        0,
        true,
        true,
        List.of(),
        PromptTexts.NONE);
  }
}
