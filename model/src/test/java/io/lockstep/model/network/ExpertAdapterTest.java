package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdaptedWeights;
import io.lockstep.model.adapter.Adapter;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterMerger;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Adapters that the public PEFT library puts on experts with {@code target_parameters}: with both
 * weights of the experts and some linear layers of a model whose every second layer has experts,
 * with the second weight alone, and with the first and all linear layers. Made by {@code
 * tools/expert_adapter_fixtures.py}.
 */
@Tag("numeric")
class ExpertAdapterTest {

  private static final String TENSORS = "adapter_model.safetensors";

  /** A weight's norm is a sum of thousands of squares in double precision of float32 values. */
  private static final double OF_THE_NORM = 1e-6;

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_vl_moe-1", "qwen3_vl_moe-2", "qwen3_vl_moe-3"})
  void logitsAreThoseOfThePublicLibrary(String name) throws Exception {
    DrawnShape shape = DrawnShape.named(name);
    try (Parameters base = shape.weights();
        Adapter adapter = Adapter.read(stored(name), base);
        Scope scope = Scope.open()) {
      assertLogits(shape, adapter.on(scope, base));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_vl_moe-1", "qwen3_vl_moe-2", "qwen3_vl_moe-3"})
  void gradientsAreThoseOfThePublicLibrary(String name) throws Exception {
    DrawnShape shape = DrawnShape.named(name);
    Batch batch = shape.collator().collate(shape.learnedRows());
    try (Parameters base = shape.weights();
        Adapter adapter = Adapter.read(stored(name), base);
        SafetensorsFile reference = reference(name);
        Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = adapter.parameters().leaves();
      Weights weights = new AdaptedWeights(scope, base, adapter.plan(), leaves::get, Dropout.NONE);
      VisionLanguageModel network = new VisionLanguageModel(shape.config(), weights);
      NDArray loss = Walks.loss(scope, network, batch);
      Autograd.backward(loss, null);
      for (ParameterLayout.Slot slot : adapter.parameters().layout().slots()) {
        String tensor = slot.spec().name();
        float[] wanted = Goldens.floats(reference, "gradient." + tensor);
        float[] found =
            Autograd.gradient(Objects.requireNonNull(leaves.get(tensor))).toFloatArray();
        assertClose(tensor, wanted, found);
      }
    }
  }

  private static void assertClose(String tensor, float[] wanted, float[] found) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference += Math.pow((double) found[i] - wanted[i], 2);
      norm += Math.pow(wanted[i], 2);
    }
    double share = Math.sqrt(difference / norm);
    assertTrue(
        share <= Tolerance.FLOAT32.gradient(), tensor + " differs by " + share + " of its norm");
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_vl_moe-1", "qwen3_vl_moe-2", "qwen3_vl_moe-3"})
  void whatIsMergedIsWhatThePublicLibraryMerges(String name) throws Exception {
    DrawnShape shape = DrawnShape.named(name);
    try (Parameters weights = shape.weights();
        AdapterMerger merger = AdapterMerger.open(stored(name), weights.layout());
        SafetensorsFile reference = reference(name);
        Scope scope = Scope.open()) {
      for (ParameterLayout.Slot slot : weights.layout().slots()) {
        ParameterSpec spec = slot.spec();
        assertEquals(
            reference.contains("merged." + spec.name()), merger.changes(spec.name()), spec.name());
        if (merger.changes(spec.name())) {
          NDArray weight = weights.get(spec.name());
          Ops.copyInto(weight, merger.merged(scope, spec, StoredValues.of(Buffer.of(weight))));
          double[] wanted = shape.doubles(reference, "merged." + spec.name());
          double[] found = shape.described(spec.name(), weight.toFloatArray());
          assertArrayEquals(wanted, found, OF_THE_NORM * wanted[1], spec.name());
        }
      }
      assertLogits(shape, weights);
    }
  }

  /** Names, shapes and values of the tensors, and what the configuration says of the targets. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3_vl_moe-1", "qwen3_vl_moe-2", "qwen3_vl_moe-3"})
  void whatIsWrittenIsWhatWasRead(String name) throws Exception {
    DrawnShape shape = DrawnShape.named(name);
    try (Parameters base = shape.weights();
        Adapter adapter = Adapter.read(stored(name), base)) {
      adapter.write(folder, "base", "digest");
    }
    AdapterConfig before = AdapterConfig.read(stored(name));
    AdapterConfig after = AdapterConfig.read(folder);
    assertEquals(before.parameters(), after.parameters());
    assertEquals(before.scaleOf("x.experts.gate_up_proj"), after.scaleOf("experts.gate_up_proj"));
    try (SafetensorsFile expected = SafetensorsFile.open(stored(name).resolve(TENSORS));
        SafetensorsFile actual = SafetensorsFile.open(folder.resolve(TENSORS))) {
      assertEquals(List.copyOf(expected.names()), List.copyOf(actual.names()));
      for (String tensor : expected.names()) {
        Comparison comparison =
            Compare.exact(
                tensor, Comparison.Kind.LAYER, floats(expected, tensor), floats(actual, tensor));
        assertTrue(comparison.agrees(), comparison::toString);
      }
    }
  }

  private static Floats floats(SafetensorsFile file, String tensor) throws IOException {
    return Floats.of(Goldens.floats(file, tensor), file.info(tensor).dimensions());
  }

  private static void assertLogits(DrawnShape shape, Weights weights) throws Exception {
    Batch batch = shape.collator().collate(shape.rows());
    try (Scope scope = Scope.open()) {
      VisionLanguageModel network = new VisionLanguageModel(shape.config(), weights);
      float[] logits =
          Autograd.inference(() ->
                  network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)))
              .toFloatArray();
      Comparison chosen =
          ExactValues.inFolder(stored(shape.toString()), "logits")
              .logits("logits", shape.chosen(logits), row -> true);
      assertTrue(chosen.agrees(), chosen::toString);
    }
  }

  private static SafetensorsFile reference(String name) throws Exception {
    return SafetensorsFile.open(stored(name).resolve("float64.safetensors"));
  }

  private static Path stored(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(ExpertAdapterTest.class.getResource("/expert-adapters/" + name))
            .toURI());
  }
}
