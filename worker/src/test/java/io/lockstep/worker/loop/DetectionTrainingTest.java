package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.align.certificate.CertificateCheck;
import io.lockstep.model.align.certificate.CertificateWriter;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.preflight.ProbeChoice;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training a detection head together with its model. */
class DetectionTrainingTest {

  private static final int STEPS = 3;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private RunConfig config(boolean frozen, int stage) throws Exception {
    Files.writeString(
        folder.resolve("augment.yaml"),
        "augmentation: {ops: [{name: hflip, params: {prob: 0.5}}]}\n");
    Path data =
        ShortTraining.pictures(
            folder, new Geometry.Box(5, 5, 30, 30), new Geometry.Box(40, 30, 60, 60));
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %1$s}
        data: {train_jsonl: %2$s, template: target_dense}
        training: {seed: 5, max_steps: %3$d, per_device_train_batch_size: 6, gradient_accumulation_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_llm: %4$s, freeze_vit: %4$s, freeze_aligner: %4$s}
        deepspeed: {config: zero%5$d}
        cluster: {virtual_ranks: 3, bucket_floats: 65536}
        custom:
          augmentation: augment.yaml
          detection_enabled: true
          detection: {num_queries: 6, layers: 2, heads: 2, width: 32}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), data, STEPS, frozen, stage),
        "test",
        folder);
  }

  @Test
  void modelAndHeadAreTheSameBitsOnAnyNumberOfWorkersAtEveryStage() throws Exception {
    float[] alone = ShortTraining.weights(1, config(false, 2), STEPS).getFirst();
    for (int world = 2; world <= 3; world++) {
      for (float[] weights : ShortTraining.weights(world, config(false, 2), STEPS)) {
        assertArrayEquals(alone, weights, "world of " + world);
      }
    }
    RunConfig shared = config(false, 3);
    assertArrayEquals(alone, ShortTraining.weights(3, shared, STEPS).getFirst());
    RunConfig second = config(false, 1);
    assertArrayEquals(alone, ShortTraining.weights(2, second, STEPS).getFirst());
  }

  @Test
  void onAFrozenModelTheHeadAloneChanges() throws Exception {
    RunConfig config = config(true, 2);
    float[] trained = ShortTraining.weights(1, config, STEPS).getFirst();
    assertArrayEquals(trained, ShortTraining.weights(2, config, STEPS).getLast());
    try (LoadedModel before = TuningPlan.of(config).load(config)) {
      float[] first = Buffer.of(before.parameters().flat()).toHost().floats().toArray();
      before
          .parameters()
          .layout()
          .slots()
          .forEach(slot -> {
            boolean same = true;
            for (int i = (int) slot.offset(); i < slot.end(); i++) {
              same &= first[i] == trained[i];
            }
            boolean ofHead = slot.spec().module() == ParameterSpec.Module.DETECTION;
            // Keys are moved alike by their bias, which has no effect and no gradient.
            if (!slot.spec().name().endsWith("k_proj.bias")) {
              assertEquals(!ofHead, same, slot.spec().name());
            }
          });
    }
  }

  @Test
  void whatTheHeadComputesIsCertified() throws Exception {
    RunConfig config = config(false, 2);
    Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
    try (LoadedModel model = TuningPlan.of(config).load(config);
        RunData data = new RunData(config)) {
      model.save(checkpoint);
      CertificateWriter.write(checkpoint, model, ProbeChoice.of(data, model));
    }
    try (LoadedModel loaded = LoadedModel.open(checkpoint)) {
      CertificateCheck.Outcome outcome =
          CertificateCheck.run(checkpoint, loaded, LoadedModel.storedSha256(checkpoint), null);
      assertTrue(outcome.report().agrees(), outcome.report().toString());
      List<String> compared =
          outcome.report().comparisons().stream().map(each -> each.what()).toList();
      assertTrue(compared.contains("training: detections"), compared.toString());
      assertTrue(
          compared.stream().filter(name -> name.endsWith(": detections")).count() >= 3,
          compared.toString());
      // A head that computes otherwise is found, whatever the digest says.
      Buffer.of(loaded.parameters().get("detection_head.box.bias"))
          .write(host -> host.floats().fill(0.3f));
      assertFalse(
          CertificateCheck.run(checkpoint, loaded, LoadedModel.storedSha256(checkpoint), null)
              .report()
              .agrees());
    }
  }
}
