package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.plan.WholeDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FusionSectionTest {

  private static final String REST =
      """
      global_max_length: 128
      model: {model: model, weights: initialise}
      training: {seed: 5, max_steps: 3, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
      tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
      cluster: {virtual_ranks: 2}
      """;

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void writeFiles() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.createDirectories(folder.resolve("sets"));
    for (String name : List.of("a", "b", "val", "sets/c")) {
      Files.writeString(folder.resolve(name + ".jsonl"), "{}\n{}\n{}\n");
    }
  }

  @Test
  void whatIsLeftOutHasTheDefaultsOfItsRole() throws Exception {
    RunConfig run =
        parse(
            """
            data:
              fusion:
                targets: [{name: a, train_jsonl: a.jsonl, val_jsonl: val.jsonl, template: target_dense}]
                sources: [{name: b, train_jsonl: b.jsonl, template: source_dense, ratio: 0.5}]
            """);
    DatasetConfig target = run.datasets().getFirst();
    assertEquals(1.0, target.ratio());
    assertEquals(0, target.maxObjects());
    assertTrue(target.augmented() && target.curriculum() && target.withoutReplacement());
    assertEquals(5, target.seed());
    DatasetConfig source = run.datasets().getLast();
    assertEquals(64, source.maxObjects());
    assertFalse(source.augmented() || source.curriculum());
    assertEquals(DatasetTemplate.SOURCE_DENSE, source.template());
    assertEquals(
        5, run.order(List.of(3L, 3L)).samples(), "3 of the target, round(1.5) of the source");
  }

  @Test
  void aFusionInAFileOfItsOwnNamesFilesBesideIt() throws Exception {
    Files.writeString(
        folder.resolve("sets/fusion.yaml"),
        "seed: 9\ntargets: [{name: c, train_jsonl: c.jsonl, template: chatml, seed: 11}]\n");
    RunConfig run = parse("data: {fusion: sets/fusion.yaml, dataloader_num_workers: 3}\n");
    assertEquals(folder.resolve("sets/c.jsonl"), run.datasets().getFirst().trainJsonl());
    assertEquals(9, run.data().fusion().orElseThrow().seed());
    assertEquals(run, RunConfig.parse(run.toYaml(), "again", Path.of("/")));
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    String yaml =
        """
        data:
          template: mixed
          fusion:
            colour: red
            targets:
              - {name: a, train_jsonl: a.jsonl, template: target_dense, ratio: 0}
              - {name: a, train_jsonl: gone.jsonl, template: dense, wieght: 3}
              - {name: "b c", train_jsonl: b.jsonl, template: target_summary, dense_ratio: 0.3}
            sources:
              - {name: s, train_jsonl: b.jsonl, template: source_dense, curriculum_enabled: true}
        """;
    List<String> problems = assertThrows(ConfigException.class, () -> parse(yaml)).problems();
    for (String expected :
        List.of(
            "data.template and data.fusion exclude each other",
            "unknown key data.fusion.colour",
            "data.fusion.targets[0].ratio must be between",
            "data.fusion.targets[1].name 'a' is that of another dataset",
            "data.fusion.targets[1].train_jsonl names",
            "data.fusion.targets[1].template must be one of",
            "unknown key data.fusion.targets[1].wieght",
            "data.fusion.targets[2].name must be letters",
            "data.fusion.targets[2].dense_ratio needs template: mixed",
            "data.fusion.sources[0].ratio is missing",
            "data.fusion.sources[0].curriculum_enabled needs augmentation_enabled: true")) {
      assertTrue(
          problems.stream().anyMatch(problem -> problem.startsWith(expected)),
          expected + " in " + problems);
    }
    assertEquals(11, problems.size(), problems::toString);
  }

  @Test
  void aFileThatIsMissingOrHoldsNoTargetsIsAProblem() {
    assertTrue(problem("data: {fusion: gone.yaml}\n").contains("which does not exist"));
    assertTrue(problem("data: {fusion: {sources: []}}\n").contains("at least one dataset"));
  }

  @Test
  void oneFileKeepsItsOrder() throws Exception {
    RunConfig run = parse("data: {train_jsonl: a.jsonl, template: target_summary}\n");
    assertEquals(new WholeDataset(3, 5), run.order(List.of(3L)));
  }

  private String problem(String yaml) {
    return String.join("\n", assertThrows(ConfigException.class, () -> parse(yaml)).problems());
  }

  private RunConfig parse(String data) throws ConfigException {
    return RunConfig.parse(REST + data, "test", folder);
  }
}
