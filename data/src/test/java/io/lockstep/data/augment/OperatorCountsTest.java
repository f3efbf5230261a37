package io.lockstep.data.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.augment.Pipeline.ObjectsMay;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class OperatorCountsTest {

  private static final int SAMPLES = 40;
  private static final Geometry BOX = new Geometry.Box(2, 2, 20, 20);
  private static final Geometry CORNER = new Geometry.Box(60, 44, 63, 47);
  private static final Geometry LINE =
      new Geometry.Polyline(List.of(new Point(1, 1), new Point(50, 40)));

  @Test
  void anOperatorIsAppliedToAPictureOrSkipsIt() {
    SortedMap<String, Long> counts =
        counts("{ops: [{name: hflip, params: {prob: 0.5}}, gamma, vflip]}", ObjectsMay.CHANGE, BOX);
    long applied = counts.getOrDefault("aug/hflip_applied", 0L);
    long skipped = counts.getOrDefault("aug/hflip_skipped", 0L);
    assertEquals(SAMPLES, applied + skipped);
    assertTrue(applied > 0 && skipped > 0);
    assertEquals(SAMPLES, counts.getOrDefault("aug/gamma_applied", 0L));
    assertEquals(SAMPLES, counts.getOrDefault("aug/vflip_applied", 0L));
    assertEquals(4, counts.size(), counts.toString());
  }

  @Test
  void bypassedPicturesAreSkippedByAllAndOperatorsOfOneNameAreCountedTogether() {
    assertEquals(
        Map.of("aug/hflip_skipped", 2L * SAMPLES, "aug/gamma_skipped", (long) SAMPLES),
        counts("{bypass_prob: 1, ops: [hflip, gamma, hflip]}", ObjectsMay.CHANGE, BOX));
  }

  @Test
  void aCurriculumThatTakesTheProbabilityAwaySkips() {
    String block =
        "{ops: [{name: hflip, params: {prob: 1}}], curriculum: {phases: [{until_step: 1, ops: {hflip: {prob: 0}}}]}}";
    assertEquals(
        Map.of("aug/hflip_skipped", (long) SAMPLES), counts(block, ObjectsMay.CHANGE, BOX));
  }

  @Test
  void cropsThatAreSkippedHaveAReason() {
    String crop = "{ops: [{name: random_crop, params: {scale: [0.3, 0.5], min_objects: %d}}]}";
    assertEquals(
        Map.of("aug/random_crop_skipped", 40L, "aug/random_crop_skipped_line", 40L),
        counts(crop.formatted(1), ObjectsMay.CHANGE, LINE));
    assertEquals(
        Map.of("aug/random_crop_skipped", 40L, "aug/random_crop_skipped_min_objects", 40L),
        counts(crop.formatted(3), ObjectsMay.CHANGE, BOX, CORNER));
    // Where objects may only move the operator isn't asked at all.
    assertEquals(
        Map.of("aug/random_crop_skipped", 40L), counts(crop.formatted(1), ObjectsMay.MOVE, BOX));
  }

  @Test
  void objectsThatCropsDropAreThoseThatAreMissingAfterwards() {
    Pipeline pipeline =
        new Pipeline(
            Configs.good(
                "{ops: [{name: random_crop, params: {scale: [0.2, 0.6], min_objects: 1}}]}"));
    OperatorCounts counts = new OperatorCounts();
    long missing = 0;
    for (long sample = 0; sample < SAMPLES; sample++) {
      AnnotatedPicture out = apply(pipeline, sample, ObjectsMay.CHANGE, counts, BOX, CORNER);
      missing += 2 - out.objects().size();
    }
    assertTrue(missing > 0);
    assertEquals(missing, counts.counts().getOrDefault("aug/random_crop_objects_dropped", 0L));
  }

  @Test
  void aCopyOperatorThatPastesNothingHasSkippedThePicture() {
    assertEquals(
        Map.of(
            "aug/small_object_zoom_paste_skipped", 40L,
            "aug/small_object_zoom_paste_skipped_nothing_pasted", 40L),
        counts("{ops: [small_object_zoom_paste]}", ObjectsMay.CHANGE));
  }

  @Test
  void namesAreKnownBeforeAnythingIsCounted() {
    AugmentationConfig config = Configs.good("{enabled: false, ops: [hflip, random_crop]}");
    assertEquals(
        Set.of(
            "aug/hflip_applied",
            "aug/hflip_skipped",
            "aug/random_crop_applied",
            "aug/random_crop_skipped",
            "aug/random_crop_skipped_line",
            "aug/random_crop_skipped_min_objects",
            "aug/random_crop_objects_dropped"),
        OperatorCounts.names(config));
    assertEquals(
        Map.of("aug/hflip_skipped", 3L, "aug/random_crop_skipped", 3L),
        OperatorCounts.allSkipped(config, 3));
  }

  private static SortedMap<String, Long> counts(
      String block, ObjectsMay may, Geometry... geometries) {
    OperatorCounts counts = new OperatorCounts();
    Pipeline pipeline = new Pipeline(Configs.good(block));
    for (long sample = 0; sample < SAMPLES; sample++) {
      var _ = apply(pipeline, sample, may, counts, geometries);
    }
    return counts.counts();
  }

  private static AnnotatedPicture apply(
      Pipeline pipeline,
      long sample,
      ObjectsMay may,
      OperatorCounts counts,
      Geometry... geometries) {
    List<TrackedObject> objects = new ArrayList<>();
    for (Geometry geometry : geometries) {
      objects.add(new TrackedObject(objects.size(), TrackedObject.Source.RECORD, "a", geometry));
    }
    AnnotatedPicture in =
        new AnnotatedPicture(new RgbImage(64, 48, new byte[64 * 48 * 3]), objects);
    return pipeline.apply(
        in, new SampleKey(5, 0, sample), Progress.END, may, PipelineWatch.NONE.and(counts));
  }
}
