package io.lockstep.worker.loader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Session;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class MicroBatchesTest {

  private static final int PAD = 0;
  private static final int IMAGE = 999;
  private static final int SAMPLES = 10;
  private static final int MAX_LENGTH = 4;
  private static final EpochPlan PLAN = new EpochPlan(SAMPLES, 3, 4, 2);

  @Test
  void overLongSamplesGiveWayToOthersAndAreReported() throws SampleException {
    MicroBatches microBatches = microBatches(MicroBatchesTest::oddOnesAreLong);
    List<String> reported = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
      MicroBatch microBatch = microBatches.make(0, virtualRank);
      assertTrue(microBatch.batches().getFirst().length() <= MAX_LENGTH);
      assertEquals(2, microBatch.batches().getFirst().rows());
      microBatch
          .replaced()
          .forEach(each -> {
            reported.add(each.name());
            assertEquals("sample " + each.sample(), each.name());
          });
      for (SampleRef draw : PLAN.samplesOf(0, virtualRank)) {
        SampleRef chosen = draw;
        for (int attempt = 0; chosen.sample() % 2 == 1; attempt++) {
          expected.add("sample " + chosen.sample());
          chosen = PLAN.replacement(draw, attempt);
        }
      }
    }
    assertEquals(expected, reported);
    assertTrue(!expected.isEmpty(), "the plan draws a long sample in its first step");
  }

  @Test
  void recordsThatCannotBeReadGiveWayToTheSameOthersAndAreNamed() throws SampleException {
    MicroBatches unreadable = microBatches(MicroBatchesTest::oddOnesCannotBeRead);
    MicroBatches tooLong = microBatches(MicroBatchesTest::oddOnesAreLong);
    for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
      MicroBatch made = unreadable.make(0, virtualRank);
      MicroBatch other = tooLong.make(0, virtualRank);
      assertArrayEquals(other.batches().getFirst().ids(), made.batches().getFirst().ids());
      assertEquals(List.of(), made.tooLong());
      assertEquals(
          other.tooLong().stream()
              .map(sample -> new Session.Unreadable(sample, "data.jsonl:" + sample + ": damaged"))
              .toList(),
          made.unreadable());
    }
  }

  @Test
  void moreUnreadableRecordsInARowThanTheRunMayLoseEndIt() {
    MicroBatches microBatches =
        new MicroBatches(
            PLAN,
            MicroBatchesTest::oddOnesCannotBeRead,
            new Collator(PAD, IMAGE, 2),
            MAX_LENGTH,
            true,
            1,
            LoaderOptions.of(Optional.empty()),
            new LoaderTimes(),
            0);
    SampleException error =
        assertThrows(
            SampleException.class,
            () -> {
              for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
                microBatches.make(0, virtualRank);
              }
            });
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("data.max_unreadable (0)"), message);
    assertTrue(message.matches(".*data.jsonl:\\d: damaged.*"), message);
  }

  private static Sample oddOnesCannotBeRead(SampleRef draw) throws SampleException {
    if (draw.sample() % 2 == 1) {
      throw new UnreadableRecordException(
          "data.jsonl:" + draw.sample() + ": damaged", new IOException("damaged"));
    }
    return sample(draw, MAX_LENGTH);
  }

  @Test
  void whatIsMadeDoesNotDependOnWhatWasMadeBefore() throws SampleException {
    MicroBatches fresh = microBatches(MicroBatchesTest::oddOnesAreLong);
    MicroBatches used = microBatches(MicroBatchesTest::oddOnesAreLong);
    for (long step = 0; step < 7; step++) {
      used.make(step, 1);
    }
    assertSame(fresh.make(7, 0), used.make(7, 0));
    assertSame(fresh.make(2, 1), used.make(2, 1));
  }

  @Test
  void countsAreThoseOfTheSamplesThatAreUsedAndOfThoseThatGaveWay() throws SampleException {
    MicroBatches.SampleSource source =
        new MicroBatches.SampleSource() {
          @Override
          public Sample sample(SampleRef draw) throws SampleException {
            throw new SampleException("its counts were not asked for");
          }

          @Override
          public MicroBatches.Drawn drawn(SampleRef draw) {
            return new MicroBatches.Drawn(
                oddOnesAreLong(draw),
                Counts.of(Map.of("aug/hflip_applied", draw.sample() % 2 == 0 ? 1L : 100L)));
          }
        };
    long dropped = 0;
    for (long step = 0; step < 5; step++) {
      for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
        MicroBatch made = microBatches(source).make(step, virtualRank);
        long rows = made.batches().stream().mapToLong(Batch::rows).sum();
        assertEquals(rows, made.allCounts().of("aug/hflip_applied"));
        assertEquals(made.tooLong().size(), made.allCounts().of(Counts.DROPPED_TOO_LONG));
        assertEquals(0, made.allCounts().of(Counts.DROPPED_UNREADABLE));
        dropped += made.tooLong().size();
      }
    }
    assertTrue(dropped > 0);
  }

  @Test
  void whenNoSampleFitsTheErrorNamesTheOption() {
    MicroBatches microBatches = microBatches(draw -> sample(draw, MAX_LENGTH + 1));
    SampleException error = assertThrows(SampleException.class, () -> microBatches.make(0, 0));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("global_max_length (4 tokens)"), message);
    assertTrue(message.matches(".*sample \\d with 5.*"), message);
  }

  @Test
  void theOneSampleThatFitsIsFoundForEveryDraw() throws SampleException {
    MicroBatches microBatches =
        microBatches(draw -> sample(draw, draw.sample() == 6 ? MAX_LENGTH : MAX_LENGTH + 1));
    for (long step = 0; step < 5; step++) {
      for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
        for (long id : microBatches.make(step, virtualRank).batches().getFirst().ids()) {
          assertEquals(7, id);
        }
      }
    }
  }

  @Test
  void aMicroBatchIsComputedInPartsOfConsecutiveSamples() throws SampleException {
    MicroBatches.SampleSource source =
        draw -> sample(draw, draw.sample() % 2 == 0 ? 4 : 4 + 2 * 64);
    EpochPlan plan = new EpochPlan(SAMPLES, 3, SAMPLES, 1);
    Collator collator = new Collator(PAD, IMAGE, 2);

    List<Batch> one = new MicroBatches(plan, source, collator, 512, false).make(0, 0).batches();
    List<Batch> two = new MicroBatches(plan, source, collator, 512, false, 2).make(0, 0).batches();

    assertEquals(List.of(SAMPLES / 2, SAMPLES / 2), two.stream().map(Batch::rows).toList());
    assertEquals(samples(one), samples(two));
  }

  /** The samples of all rows in order: each consists of one token, its number. */
  private static List<Long> samples(List<Batch> batches) {
    List<Long> samples = new ArrayList<>();
    for (Batch batch : batches) {
      for (int row = 1; row <= batch.rows(); row++) {
        samples.add(batch.ids()[row * batch.length() - 1]);
      }
    }
    return samples;
  }

  @Test
  void samplesAreGroupedByLengthUnlessTheRunSaysOtherwise() throws SampleException {
    MicroBatches.SampleSource source =
        draw -> sample(draw, draw.sample() % 2 == 0 ? 4 : 4 + 2 * 64);
    EpochPlan plan = new EpochPlan(SAMPLES, 3, SAMPLES, 1);
    Collator collator = new Collator(PAD, IMAGE, 2);

    List<Batch> grouped = new MicroBatches(plan, source, collator, 512, true).make(0, 0).batches();
    List<Batch> whole = new MicroBatches(plan, source, collator, 512, false).make(0, 0).batches();

    assertEquals(List.of(4, 132), grouped.stream().map(Batch::length).toList());
    assertEquals(List.of(5, 5), grouped.stream().map(Batch::rows).toList());
    assertEquals(List.of(132), whole.stream().map(Batch::length).toList());
    assertEquals(List.of(SAMPLES), whole.stream().map(Batch::rows).toList());
  }

  @Test
  void prefetchedMicroBatchesComeInOrder() throws Exception {
    MicroBatches microBatches = microBatches(MicroBatchesTest::oddOnesAreLong);
    try (Prefetcher prefetcher = microBatches.prefetch(3, 9, new RankSpan(0, 2))) {
      for (long step = 3; step < 9; step++) {
        for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
          assertSame(microBatches.make(step, virtualRank), prefetcher.take(step, virtualRank));
        }
      }
    }
  }

  @Test
  void nothingIsMadeAnyMoreOnceAPrefetcherIsClosed() throws Exception {
    AtomicBoolean freed = new AtomicBoolean();
    AtomicBoolean usedAfterwards = new AtomicBoolean();
    CountDownLatch making = new CountDownLatch(1);
    MicroBatches microBatches =
        microBatches(draw -> {
          making.countDown();
          Sample sample = sample(draw, MAX_LENGTH);
          usedAfterwards.compareAndSet(false, freed.get());
          return sample;
        });
    for (int round = 0; round < 50; round++) {
      freed.set(false);
      Prefetcher prefetcher = microBatches.prefetch(0, Long.MAX_VALUE, new RankSpan(0, 2));
      making.await();
      prefetcher.close();
      freed.set(true);
      assertFalse(prefetcher.isAlive());
    }
    assertFalse(usedAfterwards.get());
  }

  @Test
  void aFailureOfTheDataThreadReachesWhoAsks() {
    MicroBatches microBatches =
        microBatches(draw -> {
          throw new SampleException("train.jsonl:3: is odd");
        });
    try (Prefetcher prefetcher = microBatches.prefetch(0, 9, new RankSpan(0, 1))) {
      SampleException error = assertThrows(SampleException.class, () -> prefetcher.take(0, 0));
      assertEquals("train.jsonl:3: is odd", error.getMessage());
    }
  }

  private static void assertSame(MicroBatch expected, MicroBatch actual) {
    assertEquals(expected.step(), actual.step());
    assertEquals(expected.virtualRank(), actual.virtualRank());
    assertEquals(expected.replaced(), actual.replaced());
    assertArrayEquals(expected.batches().getFirst().ids(), actual.batches().getFirst().ids());
  }

  private static Sample oddOnesAreLong(SampleRef draw) {
    return sample(draw, draw.sample() % 2 == 0 ? MAX_LENGTH : MAX_LENGTH + 1);
  }

  private static Sample sample(SampleRef draw, int length) {
    int[] tokens = new int[length];
    Arrays.fill(tokens, Math.toIntExact(draw.sample()) + 1);
    return new Sample("sample " + draw.sample(), tokens, tokens.clone(), List.of());
  }

  private static MicroBatches microBatches(MicroBatches.SampleSource source) {
    return new MicroBatches(PLAN, source, new Collator(PAD, IMAGE, 2), MAX_LENGTH, true);
  }
}
