package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.loader.MicroBatch;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Freezing a part takes its gradients away and leaves those of the others as they are. */
class FreezingTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource(value = Module.class, names = "DETECTION", mode = EnumSource.Mode.EXCLUDE)
  void theOtherPartsHaveTheSameGradientBits(Module frozen) throws Exception {
    Map<String, float[]> all = gradients(Set.of());
    Map<String, float[]> rest = gradients(EnumSet.of(frozen));
    assertFalse(rest.isEmpty());
    assertEquals(all.size() - count(frozen), rest.size());
    rest.forEach((name, gradient) -> assertArrayEquals(all.get(name), gradient, name));
  }

  @ParameterizedTest
  @EnumSource(value = Module.class, names = "DETECTION", mode = EnumSource.Mode.EXCLUDE)
  void onePartAloneHasTheSameGradientBits(Module trained) throws Exception {
    Map<String, float[]> all = gradients(Set.of());
    Map<String, float[]> alone = gradients(EnumSet.complementOf(EnumSet.of(trained)));
    assertEquals(count(trained), alone.size());
    alone.forEach((name, gradient) -> assertArrayEquals(all.get(name), gradient, name));
    assertFalse(
        alone.values().stream()
            .allMatch(gradient -> Arrays.equals(gradient, new float[gradient.length])));
  }

  private static long count(Module part) throws Exception {
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint())) {
      return model.parameters().layout().slots().stream()
          .filter(slot -> slot.spec().module() == part)
          .count();
    }
  }

  private static Map<String, float[]> gradients(Set<Module> frozen) throws Exception {
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint(), new Tuning.Full(frozen));
        Scope scope = Scope.open()) {
      ParameterLayout layout = model.trainable().trained().layout();
      NDArray flat = scope.zeros(Dtype.FLOAT32, layout.size());
      MicroBatch microBatch =
          new MicroBatch(
              0, 0, List.of(model.collator().collate(FAMILY.samples(model.encoder()))), List.of());
      var _ = new GradientStep(model.config(), model.trainable(), 1).compute(microBatch, flat);
      Map<String, float[]> gradients = new TreeMap<>();
      for (ParameterLayout.Slot slot : layout.slots()) {
        gradients.put(slot.spec().name(), Parameters.view(flat, slot).toFloatArray());
      }
      return gradients;
    }
  }
}
