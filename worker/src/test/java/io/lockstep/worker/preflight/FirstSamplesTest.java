package io.lockstep.worker.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loop.ShortTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an augmentation would spoil is said before the first step. */
class FirstSamplesTest {

  @TempDir Path folder;

  @Test
  void anAugmentationThatLeavesSamplesGoodHasNoProblems() throws Exception {
    assertEquals(
        List.of(),
        problems(
            512,
            """
            - {name: rotate, params: {max_deg: [-20, 20]}}
            - {name: random_crop, params: {scale: [0.4, 0.8], min_objects: 1}}
            - {name: small_object_zoom_paste, params: {source_mode: bank, scale: 1, overlap_threshold: 0.5}}
            - color_jitter
            """,
            ""));
    assertFalse(Files.exists(folder.resolve("out")), "a check leaves nothing on the disk");
  }

  @Test
  void aCropThatLeavesNothingAtTheEndOfTheCurriculumIsFound() throws Exception {
    List<String> problems =
        problems(
            512,
            "- {name: random_crop, params: {prob: 0, scale: 0.04, min_coverage: 1, min_objects: 0}}\n",
            "curriculum: {phases: [{until_percent: 90, ops: {random_crop: {prob: 1}}}]}\n");
    assertEquals(6, problems.size(), problems::toString);
    for (String problem : problems) {
      assertTrue(
          problem.matches(
              ".*pictures\\.jsonl:\\d+ \\(augmented as in step 20 of 20, epoch 13\\): none of its 2"
                  + " objects is left after random_crop \\{\"prob\":1\\.0,.*\"min_objects\":0.*\\}: keep"
                  + " some, for instance with min_objects: 1"),
          problem);
    }
  }

  @Test
  void aSampleThatAugmentationMakesTooLongIsReplacedInTheRun() throws Exception {
    assertEquals(
        List.of(),
        problems(200, "- {name: resize_by_scale, params: {scale: 4}}\n- color_jitter\n", ""));
  }

  @Test
  void aSummaryThatNoLongerFitsIsFound() {
    AugmentedSampleCheck check = check();
    AugmentedSampleCheck.Heard heard = new AugmentedSampleCheck.Heard();
    ImageRecord derived = record("a×2", "a", "a");
    assertEquals(List.of(), check.problems(derived, record("a×1", "a"), heard));
    assertEquals(
        List.of(
            "its summary 'a×2' isn't that of its objects after the augmentation, which is 'a×1'"),
        check.problems(derived, record("a×2", "a"), heard));

    ImageRecord written = record("Two of them.", "a", "a");
    assertEquals(List.of(), check.problems(written, written, heard));
    String problem = check.problems(written, record("Two of them.", "a"), heard).getFirst();
    assertTrue(problem.startsWith("its summary was written by hand, and"), problem);
  }

  @Test
  void anOperatorThatWritesBadDescriptionsOrLeavesThePictureIsNamed() {
    AugmentedSampleCheck.Heard heard = new AugmentedSampleCheck.Heard();
    TrackedObject outside =
        new TrackedObject(0, TrackedObject.Source.RECORD, "a b", new Geometry.Box(0, 0, 9, 4));
    AnnotatedPicture out =
        new AnnotatedPicture(new RgbImage(8, 8, new byte[8 * 8 * 3]), List.of(outside));
    heard.barrier("random_crop", new BarrierResult(out, List.of(0), List.of(1.0)));
    List<String> problems = check().problems(record("", "a"), record("", "a  b"), heard);
    assertTrue(
        problems.getFirst().startsWith("the description 'a  b' holds two blanks in a row"),
        problems::toString);
    assertTrue(
        problems.contains(
            "an object lies outside of the picture after random_crop: keep its geometry inside"),
        problems::toString);
  }

  private static AugmentedSampleCheck check() {
    return new AugmentedSampleCheck(
        AugmentationConfig.NONE,
        new AugmentedSampleCheck.Point(0, 1, 0),
        new HealthCheck(new HealthCheck.Format(0, 1, 2, 3, Arrays::toString)));
  }

  private static ImageRecord record(String summary, String... descriptions) {
    return new ImageRecord(
        new Origin(Path.of("a.jsonl"), 1),
        List.of(Path.of("a.png")),
        Arrays.stream(descriptions)
            .map(desc -> new DataObject(desc, new Geometry.Box(1, 1, 5, 5)))
            .toList(),
        8,
        8,
        summary.isEmpty() ? Optional.empty() : Optional.of(summary),
        Optional.empty());
  }

  private List<String> problems(int maxLength, String operators, String curriculum)
      throws Exception {
    Files.writeString(
        folder.resolve("augment.yaml"),
        "augmentation:\n" + ("ops:\n" + operators + curriculum).indent(2));
    return HealthChecks.problems(
        RunConfig.parse(
            """
            global_max_length: %3$d
            model: {model: %1$s}
            data: {train_jsonl: %2$s, template: target_dense}
            custom: {augmentation: augment.yaml}
            training: {seed: 5, output_dir: out, max_steps: 20, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
            tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
            cluster: {virtual_ranks: 2}
            """
                .formatted(GoldenFamily.QWEN3_VL.checkpoint(), pictures(), maxLength),
            "test",
            folder));
  }

  private Path pictures() throws IOException {
    return ShortTraining.pictures(
        folder, new Geometry.Box(5, 5, 20, 28), new Geometry.Box(40, 30, 60, 54));
  }
}
