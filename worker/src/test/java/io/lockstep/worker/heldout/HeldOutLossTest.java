package io.lockstep.worker.heldout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.segment.SegmentedModel.Outcome;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.metrics.TensorBoardLog;
import io.lockstep.worker.testing.EventFiles;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldOutLossTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_LENGTH = 128;

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private RunConfig config(String more) throws Exception {
    Files.writeString(folder.resolve("train.jsonl"), record("ping", "pong"));
    Files.writeString(
        folder.resolve("val.jsonl"),
        record("one", "a short answer")
            + record("word ".repeat(2 * MAX_LENGTH), "too long a record")
            + record("two", "another answer, and a longer one"));
    return RunConfig.parse(
        """
        global_max_length: %3$d
        model: {model: %1$s}
        data: {train_jsonl: train.jsonl, template: chatml%2$s}
        training: {seed: 5, output_dir: out, max_steps: 10, per_device_train_batch_size: 1, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: lora, lora_dropout: 0.5, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), more, MAX_LENGTH),
        "test",
        folder);
  }

  private static String record(String asked, String answered) {
    return """
    {"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "%s"}]}
    """
        .formatted(asked, answered);
  }

  @Test
  void itIsTheLossOfTrainingWithoutDropoutOverRecordsThatFit() throws Exception {
    RunConfig config = config(", val_jsonl: val.jsonl");
    try (TensorBoardLog board = TensorBoardLog.of(folder);
        RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      HeldOutLoss.Figures figures =
          HeldOutLoss.of(folder, board, data, model)
              .orElseThrow()
              .figures(model.trainable().trained());
      Outcome expected = trained(data, model, 0).plus(trained(data, model, 2));
      assertEquals(2, figures.records());
      assertEquals(expected.total().tokens(), figures.tokens());
      assertEquals(expected.total().loss(), figures.lossSum(), 1e-5 * figures.lossSum());
    }
  }

  /** A pass of training over a record; an adapter's update is 0 at first, whatever is dropped. */
  private static Outcome trained(RunData data, LoadedModel model, long index) throws Exception {
    Sample sample =
        data.heldOut().orElseThrow().plain(model.encoder(), new SampleRef(0, index, index));
    Batch batch = model.collator().collate(List.of(sample));
    return new SegmentedModel(model.config(), model.trainable(), false, Objective.CROSS_ENTROPY)
        .pass(
            batch,
            Targets.of(batch),
            new int[0],
            new double[] {1},
            new SeededDropout.Pass(5, 0, 0, 0),
            SegmentWeights.resident(model.trainable().trained()),
            (segment, gradients) -> {});
  }

  @Test
  void aStepThatIsSavedAgainHasOneLineAndThoseAfterItAreGone() throws Exception {
    RunConfig config = config(", val_jsonl: val.jsonl");
    try (TensorBoardLog board = TensorBoardLog.of(folder);
        RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      HeldOutLoss heldOut = HeldOutLoss.of(folder, board, data, model).orElseThrow();
      board.begin(0);
      for (long steps : new long[] {5, 10, 15}) {
        heldOut.log(model.trainable().trained(), steps);
      }
      board.begin(5);
      heldOut.log(model.trainable().trained(), 10);
      List<String> lines = Files.readAllLines(folder.resolve(HeldOutLoss.FILE_NAME));
      assertEquals(2, lines.size(), lines.toString());
      JsonNode last = JSON.readTree(lines.getLast());
      assertEquals(10, last.get("step").asLong());
      assertEquals(2, last.get("records").asInt());
      assertTrue(last.get("loss").asDouble() > 0, last.toString());
      Map<Long, Float> shown = EventFiles.shown(folder.resolve(TensorBoardLog.FOLDER), "eval/loss");
      assertEquals(Set.of(5L, 10L), shown.keySet());
      assertEquals(last.get("loss").floatValue(), List.copyOf(shown.values()).getLast());
    }
  }

  @Test
  void aRunWithoutHeldOutRecordsHasNone() throws Exception {
    RunConfig config = config("");
    try (TensorBoardLog board = TensorBoardLog.of(folder);
        RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      assertTrue(HeldOutLoss.of(folder, board, data, model).isEmpty());
    }
  }

  @Test
  void recordsAreSpreadEvenly() {
    assertEquals(List.of(0L, 1L, 2L), HeldOutLoss.spread(3, 64));
    assertEquals(List.of(0L, 3L, 6L), HeldOutLoss.spread(9, 3));
    assertEquals(List.of(), HeldOutLoss.spread(0, 3));
  }
}
