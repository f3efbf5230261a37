package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.LearningRateSchedule;
import io.lockstep.worker.config.OptimizerConfig;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("numeric")
class ShardedAdamWTest {

  private static final ParameterLayout LAYOUT =
      new ParameterLayout(
          List.of(
              ParameterSpec.of(Module.VIT, "vit.weight", 17, 9),
              ParameterSpec.of(Module.VIT, "vit.bias", 17),
              ParameterSpec.of(Module.ALIGNER, "aligner.weight", 33, 5),
              ParameterSpec.of(Module.LLM, "llm.weight", 20, 13),
              ParameterSpec.of(Module.LLM, "llm.norm", 13)));
  private static final int STEPS = 5;
  private static final int BUCKET_FLOATS = 64;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void updatesAreTheSameBitsHoweverTheBufferIsCut() {
    OptimizerConfig config = config(1e-2, 3e-3, 5e-3, 0.1);
    float[] whole = train(config, 1, STEPS, ShardedAdamWTest::noise);
    for (int world = 2; world <= 4; world++) {
      assertArrayEquals(whole, train(config, world, STEPS, ShardedAdamWTest::noise));
    }
    assertArrayEquals(whole, train(config, 40, STEPS, ShardedAdamWTest::noise));
  }

  @Test
  void modulesOfRateZeroDoNotMove() {
    float[] before = initial();
    float[] after = train(config(1e-2, 0, 1e-2, 0.1), 2, STEPS, ShardedAdamWTest::noise);
    for (ParameterLayout.Slot slot : LAYOUT.slots()) {
      boolean frozen = slot.spec().module() == Module.VIT;
      assertEquals(frozen, Arrays.equals(of(slot, before), of(slot, after)), slot.spec().name());
    }
  }

  @Test
  void matricesDecayAndVectorsDoNot() {
    OptimizerConfig config = config(1e-2, 1e-2, 1e-2, 0.5);
    float[] before = initial();
    float[] after = train(config, 1, 1, step -> new float[Math.toIntExact(LAYOUT.size())]);
    float keep = (float) (1 - config.lr(Module.LLM, 1, STEPS) * 0.5);
    for (ParameterLayout.Slot slot : LAYOUT.slots()) {
      float[] expected = of(slot, before);
      if (slot.spec().shape().size() > 1) {
        for (int i = 0; i < expected.length; i++) {
          expected[i] *= keep;
        }
      }
      assertArrayEquals(expected, of(slot, after), slot.spec().name());
    }
  }

  @Test
  void eachModuleHasItsOwnRate() {
    float[] before = initial();
    OptimizerConfig config = config(4e-3, 1e-3, 2e-3, 0);
    float[] after = train(config, 1, 1, ShardedAdamWTest::noise);
    for (ParameterLayout.Slot slot : LAYOUT.slots()) {
      double rate = config.lr(slot.spec().module(), 1, STEPS);
      float[] was = of(slot, before);
      float[] is = of(slot, after);
      for (int i = 0; i < was.length; i++) {
        // Adam's first step moves every value by the rate, whatever its gradient's size.
        assertEquals(rate, Math.abs(is[i] - was[i]), 1e-6, slot.spec().name());
      }
    }
  }

  @Test
  void gapsBetweenParametersStayZero() {
    float[] after = train(config(1e-2, 1e-2, 1e-2, 0.1), 3, STEPS, ShardedAdamWTest::noise);
    assertFalse(LAYOUT.elements() == LAYOUT.size());
    for (int i = 0; i < after.length; i++) {
      int at = i;
      if (LAYOUT.slots().stream().noneMatch(slot -> slot.offset() <= at && at < slot.end())) {
        assertEquals(0f, after[i]);
      }
    }
  }

  @Test
  void theScaleOfTheGradientIsAppliedFirst() {
    OptimizerConfig config = config(1e-2, 1e-2, 1e-2, 0);
    float[] scaled = train(config, 1, STEPS, ShardedAdamWTest::noise, 0.25f);
    float[] small =
        train(
            config,
            1,
            STEPS,
            step -> {
              float[] values = noise(step);
              for (int i = 0; i < values.length; i++) {
                values[i] *= 0.25f;
              }
              return values;
            },
            1f);
    assertArrayEquals(small, scaled);
  }

  /** The flat gradient of a step. */
  private interface Gradients {
    float[] of(int step);
  }

  private static float[] train(OptimizerConfig config, int world, int steps, Gradients gradients) {
    return train(config, world, steps, gradients, 1f);
  }

  private static float[] train(
      OptimizerConfig config, int world, int steps, Gradients gradients, float scale) {
    Buckets buckets = new Buckets(LAYOUT.size(), BUCKET_FLOATS);
    try (Parameters parameters = new Parameters(LAYOUT);
        Scope scope = Scope.open()) {
      var _ = Buffer.of(parameters.flat()).copyFrom(Buffer.onHost(initial()));
      List<ShardedAdamW> shards = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        shards.add(new ShardedAdamW(parameters, config, STEPS, buckets.owned(rank, world)));
      }
      for (int step = 0; step < steps; step++) {
        Buffer gradient = Buffer.of(scope.fromFloats(gradients.of(step), LAYOUT.size()));
        for (ShardedAdamW shard : shards) {
          Range owned = shard.owned();
          shard.apply(step, step + 1L, gradient.slice(owned.start(), owned.floats()), scale);
        }
      }
      shards.forEach(ShardedAdamW::close);
      return Buffer.of(parameters.flat()).toHost().floats().toArray();
    }
  }

  private static float[] initial() {
    return filled(99);
  }

  private static float[] noise(int step) {
    return filled(step);
  }

  private static float[] filled(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(LAYOUT.size())];
    for (ParameterLayout.Slot slot : LAYOUT.slots()) {
      for (long i = slot.offset(); i < slot.end(); i++) {
        double size = random.nextDouble(0.5, 2);
        values[Math.toIntExact(i)] = (float) (random.nextBoolean() ? size : -size);
      }
    }
    return values;
  }

  private static float[] of(ParameterLayout.Slot slot, float[] flat) {
    return Arrays.copyOfRange(flat, Math.toIntExact(slot.offset()), Math.toIntExact(slot.end()));
  }

  static OptimizerConfig config(double llm, double vit, double aligner, double decay) {
    return new OptimizerConfig(
        Optional.of(llm),
        Optional.of(vit),
        Optional.of(aligner),
        0,
        Optional.empty(),
        0.9,
        0.999,
        1e-8,
        decay,
        false,
        0,
        LearningRateSchedule.COSINE_WARMUP_WITH_MIN_LR,
        new OptimizerConfig.SchedulerFloor(Optional.empty(), Optional.of(0.1)));
  }
}
