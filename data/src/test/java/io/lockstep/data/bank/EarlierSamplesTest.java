package io.lockstep.data.bank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class EarlierSamplesTest {

  private static Optional<ImageRecord> record(long sample) {
    return Optional.of(
        new ImageRecord(
            new Origin(Path.of("t.jsonl"), sample + 1),
            List.of(Path.of(sample + ".png")),
            List.of(),
            10,
            10,
            Optional.empty(),
            Optional.empty()));
  }

  @Test
  void everySampleOfEarlierStepsMayBeChosenAndNoOther() {
    EpochPlan plan = new EpochPlan(37, 5, 3, 3);
    EarlierSamples sources = new EarlierSamples(plan, EarlierSamplesTest::record);
    for (long step = 0; step < 34; step++) {
      Set<Long> allowed = new TreeSet<>();
      for (long position = 0; position < (step - 4) * 3; position++) {
        SampleRef ref = plan.at(position);
        allowed.add(ref.epoch() * 37 + ref.sample());
      }
      Set<Long> chosen = new TreeSet<>();
      for (long draw = 0; draw < 1500; draw++) {
        sources
            .choose(step, SplitMix64.mix(draw))
            .ifPresent(source -> chosen.add(source.epoch() * 37 + source.sample()));
      }
      assertEquals(allowed, chosen);
    }
  }

  @Test
  void samplesLongAgoAreForgotten() {
    EpochPlan plan = new EpochPlan(100_000, 5, 4, 4);
    EarlierSamples sources = new EarlierSamples(plan, EarlierSamplesTest::record);
    Set<Long> allowed = new HashSet<>();
    for (long position = 4 * (3000 - 4) - 4096; position < 4 * (3000 - 4); position++) {
      allowed.add(plan.at(position).sample());
    }
    for (long draw = 0; draw < 500; draw++) {
      assertTrue(allowed.contains(sources.choose(3000, SplitMix64.mix(draw)).get().sample()));
    }
  }
}
