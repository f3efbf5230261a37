package io.lockstep.model.align.certificate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.checkpoint.AdapterMerge;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.testing.ExpertModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.OnlyRounding;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder with an adapter on experts is opened, certified and merged like any other. */
@Tag("numeric")
class ExpertAdapterFolderTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;

  @TempDir private Path temporary;
  private Path base = Path.of("");
  private Path adapter = Path.of("");
  private float[] logits = {};

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void saveAnAdapterThatChangesTheModel() throws IOException {
    base = ExpertModel.withWeights(temporary.resolve("base"));
    adapter = Files.createDirectory(temporary.resolve("adapter"));
    AdapterConfig config =
        AdapterConfig.of(3, 6, new Targets.Names(List.of("q_proj")))
            .withParameters(List.of("experts.gate_up_proj", "experts.down_proj"))
            .withModulesToSave(List.of("mlp.gate"));
    ParameterLayout layout = ModelFamilies.read(base.resolve("config.json")).layout();
    Tuning tuning = new Tuning.NewAdapter(AdapterPlan.of(config, layout, Set.of()), 1);
    try (LoadedModel model = LoadedModel.open(base, tuning)) {
      float[] unchanged = batch().logits(model.network());
      perturb(model.trainable().trained());
      logits = batch().logits(model.network());
      assertFalse(Arrays.equals(unchanged, logits));
      var _ = model.save(adapter);
      var _ = CertificateWriter.write(adapter, model, probes());
    }
  }

  @Test
  void itOpensWithTheSameBits() throws IOException {
    try (LoadedModel model = LoadedModel.open(adapter)) {
      assertArrayEquals(logits, batch().logits(model.network()));
    }
  }

  @Test
  void itsCertificateHoldsOnAllPaths() throws IOException {
    try (LoadedModel model = LoadedModel.open(adapter)) {
      AlignmentReport report =
          CertificateCheck.run(adapter, model, LoadedModel.storedSha256(adapter), null).report();
      assertTrue(report.agrees(), report::table);
      assertEquals(List.of(), report.notCompared());
    }
  }

  @Test
  void theModelItIsMergedIntoGivesItsLogits() throws IOException {
    Path merged = temporary.resolve("merged");
    AdapterMerge.Counts counts =
        new AdapterMerge(base, adapter, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
            .write(merged, (name, count) -> {});
    int layers = 4;
    int sparse = layers - 1;
    assertEquals(layers + 2 * sparse + sparse, counts.changed(), "queries, experts and routers");
    try (LoadedModel model = LoadedModel.open(merged)) {
      OnlyRounding.assertBetween("merged", model.config(), logits, batch().logits(model.network()));
    }
  }

  private static void perturb(Parameters trained) {
    SplittableRandom random = new SplittableRandom(4);
    for (ParameterLayout.Slot slot : trained.layout().slots()) {
      Buffer.of(trained.get(slot.spec().name()))
          .update(host -> {
            for (long i = 0; i < slot.spec().elements(); i++) {
              float noise = (float) (0.1 * (random.nextDouble() - 0.5));
              host.floats().set(i, host.floats().get(i) + noise);
            }
          });
    }
  }

  private static GoldenBatch batch() throws IOException {
    return GoldenBatch.of(FAMILY);
  }

  private static List<Probe> probes() throws IOException {
    return List.of(
        new Probe("record 0", Probe.Task.SUMMARY, FAMILY.conversations().getFirst().answered()));
  }
}
