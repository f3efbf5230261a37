package io.lockstep.worker.heldout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.fusion.DatasetConfig;
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
import io.lockstep.worker.config.RunRecords;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.protocol.Session.RecordResult;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldOutRecordsTest {

  private static final int MAX_LENGTH = 128;

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private RunConfig config(String more) throws Exception {
    return config(more, "");
  }

  private RunConfig config(String more, String training) throws Exception {
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
        data: {%5$s%2$s}
        training: {%4$sseed: 5, output_dir: out, max_steps: 10, per_device_train_batch_size: 1, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: lora, lora_dropout: 0.5, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(),
                more.startsWith(", fusion") ? more.substring(2) : more,
                MAX_LENGTH,
                training,
                more.startsWith(", fusion") ? "" : "train_jsonl: train.jsonl, template: chatml"),
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
    try (RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      HeldOutRecords records = HeldOutRecords.of(data, model).orElseThrow();
      List<RecordResult> results = evaluate(records, records.share(0, 1));
      assertEquals(3, results.size());
      assertEquals(RecordResult.NONE, results.get(1));
      for (int index : new int[] {0, 2}) {
        Outcome expected = trained(data, model, index);
        assertEquals(expected.total().tokens(), results.get(index).tokens());
        assertEquals(
            expected.total().loss(), results.get(index).lossSum(), 1e-5 * expected.total().loss());
      }
    }
  }

  private static List<RecordResult> evaluate(HeldOutRecords records, HeldOutRecords.Share share)
      throws Exception {
    return records.evaluate(share, record -> false).orElseThrow();
  }

  @Test
  void theSharesOfAnyNumberOfRanksAreTheSameBits() throws Exception {
    RunConfig config = config(", val_jsonl: val.jsonl");
    try (RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      HeldOutRecords records = HeldOutRecords.of(data, model).orElseThrow();
      List<RecordResult> alone = evaluate(records, records.share(0, 1));
      for (int world : new int[] {2, 3, 5}) {
        List<RecordResult> together = new ArrayList<>();
        for (int rank = 0; rank < world; rank++) {
          HeldOutRecords.Share share = records.share(rank, world);
          assertEquals(together.size(), share.first());
          together.addAll(evaluate(records, share));
        }
        assertEquals(alone, together);
      }
      assertEquals(alone, evaluate(records, records.allOnFirst(0)));
      assertEquals(List.of(), evaluate(records, records.allOnFirst(1)));
    }
  }

  @Test
  void nothingIsToldOnceTheGenerationIsOver() throws Exception {
    RunConfig config = config(", val_jsonl: val.jsonl");
    try (RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      HeldOutRecords records = HeldOutRecords.of(data, model).orElseThrow();
      assertTrue(records.evaluate(records.share(0, 1), record -> record == 2).isEmpty());
    }
  }

  @Test
  void recordsOfTargetsAloneAreEvaluated() throws Exception {
    Files.writeString(folder.resolve("source-val.jsonl"), record("source", "not asked"));
    RunConfig config =
        config(
            """
            , fusion: {seed: 1, \
            targets: [{name: a, train_jsonl: train.jsonl, val_jsonl: val.jsonl, template: chatml, ratio: 1}, \
            {name: b, train_jsonl: train.jsonl, template: chatml, ratio: 1}], \
            sources: [{name: c, train_jsonl: train.jsonl, val_jsonl: source-val.jsonl, template: chatml, ratio: 1}]}\
            """);
    assertEquals(List.of("a"), config.heldOut().stream().map(DatasetConfig::name).toList());
    assertEquals(3, RunRecords.heldOut(config));
    try (RunData data = new RunData(config);
        LoadedModel model = TuningPlan.of(config).load(config)) {
      HeldOutRecords records = HeldOutRecords.of(data, model).orElseThrow();
      assertEquals(3, evaluate(records, records.share(0, 1)).size());
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
  void aRunWithoutHeldOutRecordsOrWithoutEvaluationsHasNone() throws Exception {
    for (RunConfig config :
        List.of(config(""), config(", val_jsonl: val.jsonl", "eval_strategy: \"no\", "))) {
      assertEquals(0, RunRecords.heldOut(config));
      try (RunData data = new RunData(config);
          LoadedModel model = TuningPlan.of(config).load(config)) {
        assertTrue(HeldOutRecords.of(data, model).isEmpty());
      }
    }
  }

  @Test
  void recordsAreSpreadEvenly() {
    assertEquals(List.of(0L, 1L, 2L), HeldOutRecords.spread(3, 64));
    assertEquals(List.of(0L, 3L, 6L), HeldOutRecords.spread(9, 3));
    assertEquals(List.of(), HeldOutRecords.spread(0, 3));
  }
}
