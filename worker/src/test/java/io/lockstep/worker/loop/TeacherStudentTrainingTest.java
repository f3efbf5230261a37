package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Message;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.preflight.ProbeChoice;
import io.lockstep.worker.preflight.TeacherStudentCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose samples follow demonstrations, from its recipe to its weights. */
class TeacherStudentTrainingTest {

  private static final int STEPS = 2;

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private RunConfig config(double ratio, int demonstrations, int maxLength) throws Exception {
    ShortTraining.pictures(folder, new Box(5, 5, 20, 28), new Box(40, 30, 60, 54));
    return RunConfig.parse(
        """
        global_max_length: %2$d
        model: {model: %1$s}
        data: {train_jsonl: pictures.jsonl, template: target_dense}
        training: {seed: 5, max_steps: 2, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3, warmup_ratio: 0}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        custom:
          token_type_metrics: {enabled: true}
          teacher_student: {pool_jsonl: pictures.jsonl, teacher_ratio: %3$s, num_teacher_samples: %4$d}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), maxLength, ratio, demonstrations),
        "test",
        folder);
  }

  @Test
  void theWeightsAreTheSameBitsOnAnyNumberOfWorkers() throws Exception {
    RunConfig config = config(0.5, 2, 2048);
    float[] alone = ShortTraining.weights(1, config, STEPS).getFirst();
    for (int world = 2; world <= 3; world++) {
      for (float[] weights : ShortTraining.weights(world, config, STEPS)) {
        assertArrayEquals(alone, weights, world + " workers");
      }
    }
    float[] without = ShortTraining.weights(1, config(0, 2, 2048), STEPS).getFirst();
    assertFalse(Arrays.equals(alone, without), "demonstrations change what is learned");
  }

  @Test
  void picturesOfAllTurnsAreEncodedAndBothSidesMarked() throws Exception {
    RunConfig config = config(1, 2, 2048);
    try (RunData data = new RunData(config);
        LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      SampleRef draw = new SampleRef(0, 0, 3);
      Sample alone = data.samples().plain(model.encoder(), draw);
      var taught = data.samples().taught(model.encoder(), draw);
      Sample sample = taught.sample();
      assertEquals(3, sample.images().size());
      assertArrayEquals(
          alone.images().getFirst().pixels(),
          sample.images().getLast().pixels(),
          "its own is last");
      int teachers = 0;
      List<Integer> students = new ArrayList<>();
      for (int i = 0; i < sample.tokens().length; i++) {
        boolean learned = sample.labels()[i] != Sample.IGNORED;
        teachers += Marks.isTeachers(sample.marks()[i]) ? 1 : 0;
        if (learned && !Marks.isTeachers(sample.marks()[i])) {
          students.add(sample.labels()[i]);
          assertTrue(Marks.kind(sample.marks()[i]) > 0, "the student's tokens have kinds");
        }
      }
      assertTrue(teachers > 0);
      List<Integer> own = new ArrayList<>();
      for (int label : alone.labels()) {
        if (label != Sample.IGNORED) {
          own.add(label);
        }
      }
      assertEquals(own, students);
    }
  }

  @Test
  void certificatesAndHeldOutRecordsAreOfTheStudentsTurnAlone() throws Exception {
    RunConfig config = config(1, 1, 2048);
    try (RunData data = new RunData(config);
        LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      List<Probe> probes = ProbeChoice.of(data, model);
      assertFalse(probes.isEmpty());
      for (Probe probe : probes) {
        assertEquals(1, probe.conversation().images().size());
        assertTrue(probe.conversation().messages().stream().noneMatch(Message::demonstration));
      }
    }
  }

  @Test
  void theCheckTellsBothLossesAndWhatIsInTheWay() throws Exception {
    List<String> notes = new ArrayList<>();
    assertEquals(List.of(), TeacherStudentCheck.problems(config(0.5, 2, 2048), notes::add));
    assertEquals(2, notes.size(), notes::toString);
    assertTrue(
        notes.getFirst().matches("teacher_lm_loss \\d.*gradient norm .*weight 0.3"),
        notes::toString);
    assertTrue(
        notes.getLast().matches("student_lm_loss \\d.*gradient norm .*weight 1.0"),
        notes::toString);

    List<String> tooLong = TeacherStudentCheck.problems(config(1, 5, 300), notes::add);
    assertTrue(
        tooLong.getFirst().contains("longer than global_max_length (300 tokens)"),
        tooLong::toString);

    notes.clear();
    assertEquals(List.of(), TeacherStudentCheck.problems(config(0, 1, 2048), notes::add));
    assertTrue(notes.getFirst().contains("no sample gets a demonstration"), notes::toString);
  }
}
