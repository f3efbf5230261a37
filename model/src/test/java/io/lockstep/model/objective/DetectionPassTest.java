package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.model.batch.Truth;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.detection.Focal;
import io.lockstep.model.detection.Matching;
import io.lockstep.model.detection.MatchingMethod;
import io.lockstep.model.network.Network;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A detection head on a whole model: what is logged, what is learned, what is stored. */
class DetectionPassTest {

  private static final DetectionConfig HEAD =
      new DetectionConfig(5, 2, 2, 16, List.of("bolt", "nut"));
  private static final Matching MATCHING = new Matching(MatchingMethod.HUNGARIAN, 5, 2, 1, 1);
  private static final Set<ParameterSpec.Module> ALL_BUT_THE_HEAD =
      EnumSet.complementOf(EnumSet.of(ParameterSpec.Module.DETECTION));

  @BeforeAll
  static void start() {
    Torch.start(1);
  }

  @TempDir Path folder;

  private static LoadedModel open(GoldenFamily family, Set<ParameterSpec.Module> frozen)
      throws IOException {
    return LoadedModel.open(
        family.checkpoint(), new Tuning.Full(frozen, Optional.of(new Tuning.NewHead(HEAD, 11))));
  }

  /** The family's samples with one picture know its objects; of others nothing is known. */
  private static Batch batch(GoldenFamily family, LoadedModel model) throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (Sample sample : family.samples(model.encoder())) {
      float shift = samples.size() * 0.05f;
      samples.add(
          sample.images().size() == 1
              ? sample.withTruth(
                  new Truth(
                      List.of(
                          new TrueObject(0.3f + shift, 0.4f, 0.2f, 0.3f, 0),
                          new TrueObject(0.6f, 0.5f + shift, 0.3f, 0.2f, 1))))
              : sample);
    }
    return model.collator().collate(samples);
  }

  private record Pass(ObjectiveSums sums, Map<String, float[]> gradients) {}

  private static Objective objective(LoadedModel model) {
    return Objective.of(
        new Network(model.config()),
        Optional.empty(),
        Optional.empty(),
        0,
        DetectionLosses.of(HEAD, MATCHING, Focal.PUBLISHED));
  }

  private static Pass pass(LoadedModel model, Batch batch, boolean recomputes) {
    List<ParameterLayout.Slot> slots = model.trainable().trained().layout().slots();
    Map<String, float[]> gradients = new TreeMap<>();
    Objective objective = objective(model);
    Targets targets = Targets.of(batch);
    SegmentedModel.Outcome outcome =
        new SegmentedModel(model.config(), model.trainable(), recomputes, objective)
            .pass(
                batch,
                targets,
                new int[0],
                objective.factorsAlone(batch, targets),
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(model.trainable().trained()),
                (segment, ofSegment) -> {
                  for (int i = 0; i < ofSegment.size(); i++) {
                    NDArray gradient = ofSegment.get(i);
                    gradients.put(
                        slots.get(segment.firstSlot() + i).spec().name(), gradient.toFloatArray());
                  }
                });
    return new Pass(outcome.total(), gradients);
  }

  @ParameterizedTest
  @EnumSource(GoldenFamily.class)
  void theWeightedTermsAreWhatIsMinimised(GoldenFamily family) throws IOException {
    try (LoadedModel model = open(family, Set.of())) {
      Batch batch = batch(family, model);
      ObjectiveSums sums = pass(model, batch, false).sums();
      assertEquals(
          List.of("cross_entropy", "objectness_loss", "box_loss", "giou_loss", "caption_loss"),
          sums.terms().stream().map(ObjectiveSums.Term::name).toList());
      long objects = Normaliser.objects(batch);
      double[] weights = {1, 1, 5, 2, 1};
      double total = 0;
      for (int i = 0; i < weights.length; i++) {
        ObjectiveSums.Term term = sums.terms().get(i);
        assertEquals(i == 0 ? sums.tokens() : objects, term.normaliser(), term.name());
        assertTrue(term.sum() > 0, term.name());
        total += weights[i] * term.sum() / term.normaliser();
      }
      assertEquals(total, sums.loss() / sums.tokens(), 1e-5 * total);
    }
  }

  @ParameterizedTest
  @EnumSource(GoldenFamily.class)
  void whatIsLoggedIsWhatIsDifferentiated(GoldenFamily family) throws IOException {
    try (LoadedModel model = open(family, Set.of())) {
      Batch batch = batch(family, model);
      Pass pass = pass(model, batch, false);
      List<String> checked =
          List.of(
              "detection_head.queries.weight",
              "detection_head.layers.1.cross_attn.v_proj.weight",
              "detection_head.box.weight",
              "detection_head.objectness.weight",
              "detection_head.caption.weight",
              "model.language_model.layers.0.mlp.down_proj.weight",
              "model.visual.patch_embed.proj.weight");
      for (String name : checked) {
        float[] gradient = Objects.requireNonNull(pass.gradients().get(name));
        double length = 0;
        for (float value : gradient) {
          length += (double) value * value;
        }
        length = Math.sqrt(length);
        double step = 1e-3;
        double up = moved(model, batch, name, gradient, step / length);
        double down = moved(model, batch, name, gradient, -step / length);
        assertEquals(length, (up - down) / (2 * step), 0.03 * length, name);
      }
    }
  }

  private static double moved(
      LoadedModel model, Batch batch, String name, float[] gradient, double factor) {
    Buffer values = Buffer.of(model.parameters().get(name));
    float[] before = values.toHost().floats().toArray();
    values.write(host -> {
      for (int i = 0; i < gradient.length; i++) {
        host.floats().set(i, before[i] + (float) (factor * gradient[i]));
      }
    });
    double loss = pass(model, batch, false).sums().loss();
    values.write(host -> {
      for (int i = 0; i < before.length; i++) {
        host.floats().set(i, before[i]);
      }
    });
    return loss;
  }

  @Test
  void computingSegmentsAgainGivesTheSameBits() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    try (LoadedModel model = open(family, Set.of())) {
      Batch batch = batch(family, model);
      Pass kept = pass(model, batch, false);
      Pass recomputed = pass(model, batch, true);
      assertEquals(kept.sums(), recomputed.sums());
      kept.gradients()
          .forEach((name, gradient) ->
              assertArrayEquals(gradient, recomputed.gradients().get(name), name));
    }
  }

  @Test
  void aHeadIsLearnedAloneOnAFrozenModel() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    try (LoadedModel all = open(family, Set.of());
        LoadedModel frozen = open(family, ALL_BUT_THE_HEAD)) {
      Pass whole = pass(all, batch(family, all), false);
      Pass alone = pass(frozen, batch(family, frozen), false);
      assertEquals(whole.sums(), alone.sums());
      assertTrue(
          alone.gradients().keySet().stream().allMatch(n -> n.startsWith("detection_head.")));
      assertTrue(alone.gradients().size() > 20);
      alone
          .gradients()
          .forEach(
              (name, gradient) -> assertArrayEquals(whole.gradients().get(name), gradient, name));
    }
  }

  @Test
  void picturesOfWhichNothingIsKnownTeachTheHeadNothing() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    try (LoadedModel model = open(family, Set.of());
        LoadedModel plain = LoadedModel.open(family.checkpoint())) {
      Batch batch = model.collator().collate(family.samples(model.encoder()));
      Pass pass = pass(model, batch, false);
      assertEquals(pass.sums().terms().getFirst().sum(), pass.sums().loss());
      Map<String, float[]> expected = new TreeMap<>();
      Pass without = pass(plain, batch, expected);
      assertEquals(without.sums().loss(), pass.sums().loss());
      without
          .gradients()
          .forEach(
              (name, gradient) -> assertArrayEquals(gradient, pass.gradients().get(name), name));
    }
  }

  private static Pass pass(LoadedModel plain, Batch batch, Map<String, float[]> gradients) {
    List<ParameterLayout.Slot> slots = plain.trainable().trained().layout().slots();
    SegmentedModel.Outcome outcome =
        new SegmentedModel(plain.config(), plain.trainable(), false, Objective.CROSS_ENTROPY)
            .pass(
                batch,
                Targets.of(batch),
                new int[0],
                new double[] {1},
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(plain.trainable().trained()),
                (segment, ofSegment) -> {
                  for (int i = 0; i < ofSegment.size(); i++) {
                    gradients.put(
                        slots.get(segment.firstSlot() + i).spec().name(),
                        ofSegment.get(i).toFloatArray());
                  }
                });
    return new Pass(outcome.total(), gradients);
  }

  @ParameterizedTest
  @EnumSource(GoldenFamily.class)
  void aSavedHeadIsLoadedBesideAModelInThePublicLayout(GoldenFamily family) throws IOException {
    List<List<FoundObject>> found;
    try (LoadedModel model = open(family, Set.of())) {
      List<String> files = model.save(folder);
      assertTrue(files.contains("detection_head.safetensors"), files.toString());
      assertTrue(files.contains("detection_head.json"), files.toString());
      found = model.detector().orElseThrow().find(prompts(family, model));
    }
    String withHead = LoadedModel.storedSha256(folder);
    try (LoadedModel loaded = LoadedModel.open(folder)) {
      assertEquals(Optional.of(HEAD), loaded.config().detection());
      assertEquals(found, loaded.detector().orElseThrow().find(prompts(family, loaded)));
    }
    Files.delete(folder.resolve("detection_head.safetensors"));
    String refused =
        String.valueOf(
            org.junit.jupiter.api.Assertions.assertThrows(
                    IOException.class, () -> LoadedModel.open(folder).close())
                .getMessage());
    assertTrue(refused.contains("detection_head."), refused);
    Files.delete(folder.resolve("detection_head.json"));
    assertNotEquals(withHead, LoadedModel.storedSha256(folder));
    try (LoadedModel plain = LoadedModel.open(folder)) {
      assertTrue(plain.detector().isEmpty());
    }
  }

  private static List<Sample> prompts(GoldenFamily family, LoadedModel model) throws IOException {
    return family.samples(model.encoder()).stream()
        .filter(sample -> sample.images().size() == 1)
        .toList();
  }
}
