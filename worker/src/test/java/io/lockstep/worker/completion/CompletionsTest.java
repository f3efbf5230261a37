package io.lockstep.worker.completion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatch;
import io.lockstep.worker.protocol.Counts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Micro-batches whose last answers are replaced. */
class CompletionsTest {

  private static final int MOST = 6;

  private static LoadedModel model;
  private static List<Sample> samples = List.of();

  @BeforeAll
  static void open() throws Exception {
    Torch.start(1);
    model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
    samples = GoldenFamily.QWEN3_VL.samples(model.encoder());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Optional<Completions> completions(String options) throws Exception {
    RunConfig config =
        RunConfig.parse(
            """
            global_max_length: 512
            model: {model: %s, weights: load}
            data: {train_jsonl: %s, template: target_summary}
            training: {seed: 5, max_steps: 2, per_device_train_batch_size: 2, gradient_accumulation_steps: 1}
            tuner: {train_type: full}
            rlhf: {rlhf_type: gkd, teacher_model: %s, max_completion_length: %d, %s}
            """
                .formatted(
                    GoldenFamily.QWEN3_VL.checkpoint(),
                    GoldenFamily.QWEN3_VL.file("cases.json"),
                    GoldenFamily.QWEN3_VL.checkpoint(),
                    MOST,
                    options),
            "test",
            GoldenFamily.QWEN3_VL.checkpoint());
    return Completions.of(config, config.rlhf().orElseThrow(), model, model);
  }

  private static MicroBatch microBatch(List<Sample> rows) {
    List<MicroBatch.Row> own = new ArrayList<>();
    for (Sample sample : rows) {
      own.add(new MicroBatch.Row(new SampleRef(0, own.size(), own.size()), sample));
    }
    return new MicroBatch(
        0,
        0,
        List.of(model.collator().collate(rows)),
        List.of(),
        List.of(),
        Counts.NONE,
        List.of(own));
  }

  /** A sample with an answer before its last one. */
  private static Sample twoTurns(Sample sample) {
    int[] labels = sample.labels().clone();
    labels[2] = sample.tokens()[2];
    labels[3] = sample.tokens()[3];
    return new Sample(sample.name(), sample.tokens(), labels, sample.images(), sample.kept());
  }

  private static int begin(Sample sample) {
    int end = sample.labels().length;
    while (sample.labels()[end - 1] == Sample.IGNORED) {
      end--;
    }
    while (sample.labels()[end - 1] != Sample.IGNORED) {
      end--;
    }
    return end;
  }

  @Test
  void theLastAnswerIsTheStudentsAndAllBeforeItIsContext() throws Exception {
    Sample before = twoTurns(samples.getFirst());
    MicroBatch written =
        completions("lmbda: 1").orElseThrow().write(microBatch(List.of(before, samples.get(1))));
    Batch batch = written.batches().getFirst();
    int begin = begin(before);
    assertTrue(begin > 4, "the first answer stands before it");
    int first = 0;
    while (batch.attentionMask()[first] == 0) {
      first++;
    }
    for (int t = 0; t < begin; t++) {
      assertEquals(before.tokens()[t], batch.ids()[first + t]);
      assertEquals(Sample.IGNORED, batch.labels()[first + t]);
      assertFalse(Marks.isOwn(batch.marks()[first + t]));
    }
    int answer = batch.length() - first - begin;
    assertTrue(answer >= 1 && answer <= MOST, answer + " tokens");
    for (int t = first + begin; t < batch.length(); t++) {
      assertEquals(batch.ids()[t], batch.labels()[t]);
      assertTrue(Marks.isOwn(batch.marks()[t]));
    }
    assertEquals(List.of(), written.rows());
    assertEquals(2, written.counts().of(Counts.COMPLETIONS_BY_STUDENT));
    assertEquals(0, written.counts().of(Counts.COMPLETIONS_BY_TEACHER));
    assertEquals(batch.supervisedTokens(), written.counts().of(Counts.COMPLETION_TOKENS));
    assertTrue(written.counts().of(Counts.COMPLETIONS_CUT) <= 2);
  }

  @Test
  void theTeachersAnswersAreNotTheStudentsOwn() throws Exception {
    MicroBatch written =
        completions("seq_kd: true").orElseThrow().write(microBatch(samples.subList(0, 2)));
    Batch batch = written.batches().getFirst();
    assertEquals(0, batch.marks().length);
    assertTrue(batch.supervisedTokens() >= 2 && batch.supervisedTokens() <= 2 * MOST);
    MicroBatch again =
        completions("seq_kd: true").orElseThrow().write(microBatch(samples.subList(0, 2)));
    assertArrayEquals(batch.ids(), again.batches().getFirst().ids());
  }

  @Test
  void aSampleWithoutAnAnswerStaysAsItIs() throws Exception {
    int[] none = new int[samples.getFirst().labels().length];
    Arrays.fill(none, Sample.IGNORED);
    Sample silent =
        new Sample(
            "silent",
            samples.getFirst().tokens(),
            none,
            samples.getFirst().images(),
            samples.getFirst().kept());
    MicroBatch before = microBatch(List.of(silent));
    MicroBatch written = completions("lmbda: 1").orElseThrow().write(before);
    assertArrayEquals(before.batches().getFirst().ids(), written.batches().getFirst().ids());
    assertEquals(0, written.batches().getFirst().supervisedTokens());
  }

  @Test
  void withoutAnAnswerToWriteThereIsNothing() throws Exception {
    assertTrue(completions("lmbda: 0").isEmpty());
  }

  @Test
  void rowsThatWereNotKeptCantBeChanged() {
    MicroBatch lost = new MicroBatch(3, 0, microBatch(samples.subList(0, 1)).batches(), List.of());
    IllegalStateException error =
        assertThrows(
            IllegalStateException.class,
            () -> lost.withRows(model.collator(), rows -> List.of(), () -> Counts.NONE));
    assertEquals("the rows of step 3 were not kept", error.getMessage());
  }
}
