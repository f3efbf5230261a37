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
import org.junit.jupiter.api.function.Executable;
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
        TargetQuestions.read(folder.resolve("model"), fusion, EmitNorm.NORM1000, false);
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
            () -> TargetQuestions.read(folder.resolve("model"), fusion, EmitNorm.NORM1000, false));
    assertTrue(String.valueOf(error.getMessage()).contains("add one to site"));
  }

  @Test
  void whatTheCheckpointNeverLearnedIsAskedForOnlyIfThatIsAllowed() throws IOException {
    Path model = folder.resolve("model");
    FusionConfig fusion =
        new FusionConfig(
            1, List.of(dataset("short", DatasetTemplate.TARGET_SUMMARY, true)), List.of());
    Files.writeString(
        model.resolve("run.yaml"),
        "data: {fusion: {targets: [{name: site, template: target_dense}], sources: []}}");
    String never = refused(() -> TargetQuestions.read(model, fusion, EmitNorm.NORM1000, false));
    assertTrue(never.contains("target 'short'"), never);
    assertTrue(never.contains("dense by dataset 'site' (template target_dense)"), never);
    assertEquals(1, TargetQuestions.read(model, fusion, EmitNorm.NORM1000, true).size());

    Files.writeString(
        model.resolve("run.yaml"),
        "data: {fusion: {targets: [{name: a, template: target_summary, user: Sum up.}]}}");
    String otherwise = refused(() -> TargetQuestions.read(model, fusion, EmitNorm.NORM1000, false));
    assertTrue(otherwise.contains("summary answers in other words than the recipe's"), otherwise);
  }

  @Test
  void aFileIsAskedForWhatTheCheckpointLearnedInItsWordsAndUnit() throws IOException {
    Path model = folder.resolve("model");
    Path data = folder.resolve("val.jsonl");
    Files.writeString(
        model.resolve("run.yaml"),
        "custom: {emit_norm: norm100}\ndata: {fusion: {targets: [{name: site, template: target_dense, user: List all.}]}}");
    List<Question> asked =
        FileQuestions.read(model, data, FileQuestions.Asked.AUTO, Optional.empty(), false)
            .questions();
    String object = "{\"object_1\": {\"desc\": \"cat\", \"bbox_2d\": [10, 20, 30, 40]}}";
    assertEquals(List.of(object, object, "Ho"), asked.stream().map(Question::truth).toList());
    assertTrue(asked.getFirst().prompt().toString().contains("List all."), asked.toString());

    String refused =
        refused(() ->
            FileQuestions.read(model, data, FileQuestions.Asked.SUMMARY, Optional.empty(), false));
    assertTrue(refused.contains("never trained for summary answers"), refused);
    assertEquals(
        List.of("cat×1", "Ho"),
        FileQuestions.read(model, data, FileQuestions.Asked.SUMMARY, Optional.empty(), true)
            .questions()
            .stream()
            .map(Question::truth)
            .toList());
  }

  private static String refused(Executable asking) {
    return String.valueOf(assertThrows(UserError.class, asking).getMessage());
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
