package io.lockstep.data.augment.patch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.Configs;
import io.lockstep.data.augment.Pipeline;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.bank.EarlierSamples;
import io.lockstep.data.bank.PatchBank;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.bank.SourceSample;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples into which pieces of others are pasted are the same, whatever the bank holds. */
class BankedPasteTest {

  private static final int RECORDS = 12;
  private static final int STEPS = 18;
  private static final int BATCH = 2;
  private static final long SEED = 8;

  private static final String OPERATORS =
      "{\"ops\": [{\"name\": \"hflip\", \"params\": {\"prob\": 0.5}}, {\"name\": \"small_object_zoom_paste\", \"params\":"
          + " {\"source_mode\": \"mixed\", \"bank_add_prob\": 0.6}}, {\"name\": \"object_cluster_copy_paste\", \"params\":"
          + " {\"source_mode\": \"bank\", \"min_objects\": 1}}]}";

  @TempDir private Path folder;
  private final EpochPlan plan = new EpochPlan(RECORDS, SEED, BATCH, BATCH);
  private @Nullable JsonlFile opened;

  @BeforeEach
  void drawData() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      BufferedImage picture = new BufferedImage(160, 120, BufferedImage.TYPE_INT_RGB);
      Random random = new Random(i);
      for (int pixel = 0; pixel < 160 * 120; pixel++) {
        picture.setRGB(pixel % 160, pixel / 160, random.nextInt(1 << 24));
      }
      ImageIO.write(picture, "png", folder.resolve(i + ".png").toFile());
      lines.append(
          ("{\"images\": [\"%d.png\"], \"objects\": [{\"desc\": \"of %d\", \"bbox_2d\":"
                  + " [%d, 10, %d, 30]}, {\"desc\": \"also of %d\", \"line\": [90, 60, 100, 90]}],"
                  + " \"width\": 160, \"height\": 120}%n")
              .formatted(i, i, i * 3, i * 3 + 20, i));
    }
    opened = JsonlFile.open(Files.writeString(folder.resolve("train.jsonl"), lines));
  }

  @AfterEach
  void close() {
    file().close();
  }

  private JsonlFile file() {
    return Objects.requireNonNull(opened);
  }

  private static AugmentationConfig config() {
    return Configs.good(OPERATORS);
  }

  private PatchSupply supply(Path bank) throws IOException {
    return new PatchSupply(
        PatchBank.open(bank, 1 << 24),
        new EarlierSamples(
            plan, sample -> Optional.of((ImageRecord) RecordReader.read(file(), sample))),
        new ImageDecoder(DecodeLimits.DEFAULT),
        SEED);
  }

  /** What every draw of the run looks like, made in this order by so many threads. */
  private List<String> run(PatchSupply supply, List<Long> positions, int threads, boolean visits)
      throws Exception {
    Pipeline pipeline = new Pipeline(config(), Optional.of(supply));
    Map<Long, Future<String>> made = new ConcurrentSkipListMap<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      positions.forEach(
          position -> made.put(position, pool.submit(() -> sample(pipeline, position, visits))));
    }
    List<String> samples = new ArrayList<>();
    for (Future<String> each : made.values()) {
      samples.add(each.get());
    }
    return samples;
  }

  private String sample(Pipeline pipeline, long position, boolean visits) throws IOException {
    SampleRef ref = plan.at(position);
    Progress progress = new Progress(position / BATCH, STEPS);
    ImageRecord record = (ImageRecord) RecordReader.read(file(), ref.sample());
    RgbImage picture =
        new ImageDecoder(DecodeLimits.DEFAULT)
            .decode(new ImageSource.File(record.images().getFirst()));
    if (visits) {
      pipeline.visit(new SourceSample(ref.epoch(), ref.sample(), record), picture, progress);
    }
    AnnotatedPicture out =
        pipeline.apply(
            AnnotatedPicture.of(picture, record.objects()),
            new SampleKey(SEED, ref.epoch(), ref.sample()),
            progress);
    return Arrays.hashCode(out.picture().rgb()) + " " + out.objects();
  }

  private static List<Long> inOrder() {
    return LongStream.range(0, (long) STEPS * BATCH).boxed().toList();
  }

  @Test
  void theSameWithAnyThreadsOrderAndContentOfTheBank() throws Exception {
    List<String> expected = run(supply(folder.resolve("a")), inOrder(), 1, false);
    assertTrue(
        expected.stream().filter(each -> each.contains(TrackedObject.Source.BANK.name())).count()
            > 10,
        "hardly anything came from the bank");

    PatchSupply visiting = supply(folder.resolve("b"));
    assertEquals(expected, run(visiting, inOrder(), 1, true));
    assertEquals(0, visiting.counts().cut(), "a sample of long ago wasn't in the bank");

    List<Long> shuffled = new ArrayList<>(inOrder());
    Collections.shuffle(shuffled, new Random(1));
    assertEquals(expected, run(supply(folder.resolve("c")), shuffled, 4, true));
    assertEquals(expected, run(supply(folder.resolve("a")), shuffled, 4, false));

    PatchSupply emptied = supply(folder.resolve("a"));
    deleteFiles(folder.resolve("a"));
    assertEquals(expected, run(emptied, inOrder(), 1, false));
  }

  private static void deleteFiles(Path bank) throws IOException {
    try (var files = Files.list(bank)) {
      for (Path each : files.toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void aConfigurationWithABankNeedsOne() {
    AugmentationConfig config = config();
    assertTrue(config.needsPatchBank());
    assertThrows(IllegalArgumentException.class, () -> new Pipeline(config));
  }
}
