package io.lockstep.worker.loader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefetcherTest {

  private static final int STEPS = 12;
  private static final EpochPlan PLAN = new EpochPlan(40, 3, 16, 2);
  private static final RankSpan BOTH = new RankSpan(0, 2);
  private static final long PLENTY = 1 << 20;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 7})
  void anyNumberOfThreadsGivesTheSameMicroBatches(int threads) throws Exception {
    MicroBatches expected = microBatches(PrefetcherTest::sample, 1, PLENTY);
    MicroBatches source =
        microBatches(
            draw -> {
              // Later samples are ready before earlier ones.
              for (long spin = 0; spin < (draw.sample() * 7919) % 20_000; spin++) {
                Thread.onSpinWait();
              }
              return sample(draw);
            },
            threads,
            PLENTY);
    try (Prefetcher prefetcher = source.prefetch(0, STEPS, BOTH)) {
      for (long step = 0; step < STEPS; step++) {
        for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
          MicroBatch wanted = expected.make(step, virtualRank);
          MicroBatch taken = prefetcher.take(step, virtualRank);
          assertEquals(wanted.replaced(), taken.replaced());
          assertEquals(wanted.batches().size(), taken.batches().size());
          for (int i = 0; i < wanted.batches().size(); i++) {
            assertArrayEquals(wanted.batches().get(i).ids(), taken.batches().get(i).ids());
            assertArrayEquals(wanted.datasetsOf(i), taken.datasetsOf(i));
          }
        }
      }
    }
  }

  @Test
  void severalSamplesAreMadeAtOnce() throws Exception {
    CyclicBarrier all = new CyclicBarrier(3);
    MicroBatches source =
        microBatches(
            draw -> {
              if (draw.place() < 3) {
                meet(all);
              }
              return sample(draw);
            },
            3,
            PLENTY);
    try (Prefetcher prefetcher = source.prefetch(0, 1, new RankSpan(0, 1))) {
      assertEquals(8, prefetcher.take(0, 0).batches().stream().mapToInt(b -> b.rows()).sum());
    }
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("the samples are made one after the other", e);
    }
  }

  @Test
  void whatIsMadeAheadStaysWithinTheLimitOfBytes() throws Exception {
    int rowBytes = 2 * 1000 * Float.BYTES;
    long limit = 40L * rowBytes;
    MicroBatches source = microBatches(draw -> sample(draw, 1000), 4, limit);
    try (Prefetcher prefetcher = source.prefetch(0, 200, BOTH)) {
      for (long step = 0; step < 200; step++) {
        for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
          long held = prefetcher.heldBytes();
          // Collated rows hold six longs where a row has two integers.
          assertTrue(held <= 6 * limit, held + " bytes are held, the limit is " + limit);
          var _ = prefetcher.take(step, virtualRank);
        }
      }
    }
  }

  @Test
  void aMicroBatchThatIsLargerThanTheLimitIsMadeAllTheSame() throws Exception {
    MicroBatches source = microBatches(PrefetcherTest::sample, 4, 1);
    try (Prefetcher prefetcher = source.prefetch(0, STEPS, BOTH)) {
      for (long step = 0; step < STEPS; step++) {
        for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
          assertEquals(step, prefetcher.take(step, virtualRank).step());
        }
      }
    }
  }

  @Test
  void theFirstSampleThatFailsIsNamedAfterWhatWasSoundBeforeIt() throws Exception {
    List<SampleRef> third = PLAN.samplesOf(1, 0);
    List<SampleRef> bad = List.of(third.get(2), third.get(5));
    MicroBatches source =
        microBatches(
            draw -> {
              if (bad.contains(draw)) {
                throw new SampleException("sample " + draw.sample() + " is odd");
              }
              return sample(draw);
            },
            4,
            PLENTY);
    try (Prefetcher prefetcher = source.prefetch(0, STEPS, BOTH)) {
      assertEquals(0, prefetcher.take(0, 0).virtualRank());
      assertEquals(1, prefetcher.take(0, 1).virtualRank());
      SampleException error = assertThrows(SampleException.class, () -> prefetcher.take(1, 0));
      assertEquals("sample " + bad.getFirst().sample() + " is odd", error.getMessage());
    }
  }

  @Test
  void closingEndsEveryThread() throws Exception {
    AtomicInteger made = new AtomicInteger();
    MicroBatches source =
        microBatches(
            draw -> {
              made.incrementAndGet();
              return sample(draw);
            },
            5,
            PLENTY);
    Prefetcher prefetcher = source.prefetch(0, Long.MAX_VALUE, BOTH);
    var _ = prefetcher.take(0, 0);
    prefetcher.close();
    int after = made.get();
    assertFalse(prefetcher.isAlive());
    assertEquals(after, made.get());
  }

  private static MicroBatches microBatches(
      MicroBatches.SampleSource samples, int threads, long bytes) {
    MicroBatches.SampleSource source =
        new MicroBatches.SampleSource() {
          @Override
          public Sample sample(SampleRef draw) throws SampleException {
            return samples.sample(draw);
          }

          @Override
          public OptionalInt dataset(SampleRef draw) {
            return OptionalInt.of(draw.sample() < 20 ? 0 : 1);
          }
        };
    return new MicroBatches(
        PLAN,
        source,
        new Collator(0, 999, 2),
        1000,
        true,
        1,
        new LoaderOptions(threads, bytes, false),
        new LoaderTimes(),
        Integer.MAX_VALUE);
  }

  private static Sample sample(SampleRef draw) {
    return sample(draw, draw.sample() % 5 == 4 ? 1001 : 10 + (int) draw.sample());
  }

  private static Sample sample(SampleRef draw, int length) {
    int[] tokens = new int[length];
    Arrays.fill(tokens, Math.toIntExact(draw.sample()) + 1);
    return new Sample("sample " + draw.sample(), tokens, tokens.clone(), List.of());
  }
}
