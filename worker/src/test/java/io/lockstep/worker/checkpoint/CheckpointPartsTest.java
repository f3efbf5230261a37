package io.lockstep.worker.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.align.certificate.CertificateCheck;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.align.certificate.Uncertified;
import io.lockstep.model.checkpoint.CheckpointFiles;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.ShardedAdamW;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointPartsTest {

  private static final int WORLD = 4;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void aFailedWriteNamesStepAndFolder() throws Exception {
    Path inTheWay = folder.resolve("optimizer-00001-of-00004.safetensors");
    Files.writeString(Files.createDirectory(inTheWay).resolve("file"), "taken");
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      String message =
          assertThrows(IOException.class, () -> write(model, 1, range(model, 1))).toString();
      assertTrue(
          message.contains("the checkpoint of step 3 can't be written to " + folder), message);
      assertTrue(message.contains(inTheWay.toString()), message);
    }
  }

  @Test
  void aCertificateThatCannotBeWrittenCostsNoWeights() throws Exception {
    Path gone = folder.resolve("gone.png");
    Probe lost =
        new Probe(
            "record 1",
            Probe.Task.OTHER,
            new Conversation(
                List.of(
                    new Message(Role.USER, List.of(new Content.Image(new ImageSource.File(gone)))),
                    Message.text(Role.ASSISTANT, "this"))));
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      List<WrittenFile> files = write(model, 0, range(model, 0), List.of(lost));
      assertAllFilesAreListed(files);
      List<String> names = files.stream().map(WrittenFile::path).toList();
      assertTrue(names.containsAll(List.of("model.safetensors", "trainer_state.json")));
      assertTrue(names.contains(Uncertified.FILE_NAME), names::toString);
      assertFalse(CertificateCheck.isCertified(folder));
      String reason = Uncertified.reason(folder).orElseThrow();
      assertTrue(reason.contains("gone.png"), reason);
    }
  }

  @Test
  void rankZeroWritesTheModelAndEveryRankItsRangeOfMoments() throws Exception {
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      List<WrittenFile> all = new ArrayList<>();
      for (int rank = 0; rank < WORLD; rank++) {
        List<WrittenFile> files = write(model, rank, range(model, rank));
        int companions = CheckpointFiles.companionsIn(GoldenFamily.QWEN3_VL.checkpoint()).size();
        // Weights, run.yaml, trainer_state.json and the certificate: JSON, values, two pictures.
        assertEquals(rank == 0 ? companions + 8 : 1, files.size());
        all.addAll(files);
      }
      assertAllFilesAreListed(all);
      assertTrue(
          CertificateCheck.run(folder, model, LoadedModel.storedSha256(folder), null)
              .report()
              .agrees());
      assertEquals(
          LoadedModel.storedSha256(GoldenFamily.QWEN3_VL.checkpoint()),
          LoadedModel.storedSha256(folder));
      long next = 0;
      for (int rank = 0; rank < WORLD; rank++) {
        String name = "optimizer-%05d-of-%05d.safetensors".formatted(rank, WORLD);
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(name))) {
          assertEquals(Long.toString(next), file.metadata().get("flat_start"));
          float[] mean = file.data("mean").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
          float[] expected = new float[mean.length];
          for (int i = 0; i < expected.length; i++) {
            expected[i] = (float) (next + i);
          }
          assertArrayEquals(expected, mean);
          next += mean.length;
          assertEquals(Long.toString(next), file.metadata().get("flat_end"));
        }
      }
      assertEquals(model.parameters().layout().size(), next);
    }
  }

  @Test
  void aRankThatOwnsNothingWritesAnEmptyRange() throws Exception {
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      write(model, 2, new Range(64, 64));
    }
    Path part = folder.resolve("optimizer-00002-of-00004.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(part)) {
      assertEquals(List.of(0L), file.info("mean").shape());
      assertEquals("64", file.metadata().get("flat_start"));
      assertEquals("64", file.metadata().get("flat_end"));
    }
  }

  private static Range range(LoadedModel model, int rank) {
    return new Buckets(model.parameters().layout().size(), 1 << 16).owned(rank, WORLD);
  }

  /** Writes a part whose mean holds the number of each value in the flat layout. */
  private List<WrittenFile> write(LoadedModel model, int rank, Range owned) throws Exception {
    return write(model, rank, owned, rank == 0 ? Runs.probes() : List.of());
  }

  private List<WrittenFile> write(LoadedModel model, int rank, Range owned, List<Probe> probes)
      throws Exception {
    RunConfig config = config();
    try (ShardedAdamW optimizer =
        new ShardedAdamW(model.parameters(), config.optimizer(), 10, owned)) {
      for (long i = 0; i < owned.floats(); i++) {
        optimizer.mean().floats().set(i, (float) (owned.start() + i));
      }
      return new CheckpointParts(folder, rank, WORLD).write(model, optimizer, config, 3, probes);
    }
  }

  private void assertAllFilesAreListed(List<WrittenFile> files) throws Exception {
    try (var present = Files.walk(folder)) {
      assertEquals(
          present
              .filter(Files::isRegularFile)
              .map(file -> folder.relativize(file).toString())
              .sorted()
              .toList(),
          files.stream().map(WrittenFile::path).sorted().toList());
    }
    for (WrittenFile file : files) {
      byte[] bytes = Files.readAllBytes(folder.resolve(file.path()));
      assertFalse(bytes.length == 0, file.path());
      assertEquals(bytes.length, file.bytes(), file.path());
      assertEquals(
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)),
          file.sha256(),
          file.path());
    }
  }

  private static RunConfig config() throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %s}
        data: {train_jsonl: %s, template: target_summary}
        training: {seed: 5, max_steps: 10, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(), GoldenFamily.QWEN3_VL.file("cases.json")),
        "test",
        Path.of("/"));
  }
}
