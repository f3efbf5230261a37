package io.lockstep.datatools.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.dataset.AugmentedRecord;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import io.lockstep.data.record.SummaryText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Augmented records as training and `data augment` see them. */
class AugmentedSetTest {

  private static final String EVERYTHING =
      """
      augmentation:
        ops:
          - {name: hflip, params: {prob: 0.5}}
          - {name: rotate, params: {prob: 0.5}}
          - {name: scale, params: {prob: 0.5}}
          - {name: random_crop, params: {scale: [0.3, 0.6], min_objects: 1, skip_if_line: false}}
          - {name: resize_by_scale, params: {prob: 0.5}}
          - expand_to_fit_affine
          - color_jitter
      """;

  @TempDir Path folder;

  private Path data() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      byte[] rgb = new byte[80 * 60 * 3];
      new SplittableRandom(i).nextBytes(rgb);
      PngFile.write(new RgbImage(80, 60, rgb), folder.resolve(i + ".png"));
      String summary = i % 3 == 0 ? ",\"summary\":\"a×1，cc×1，b/显示完整×1\"" : "";
      summary = i % 3 == 1 ? ",\"summary\":\"by hand\"" : summary;
      lines
          .append("{\"images\":[\"%d.png\"],\"objects\":[".formatted(i))
          .append("{\"desc\":\"b/显示完整\",\"bbox_2d\":[5,5,35,30]},")
          .append("{\"desc\":\"a\",\"poly\":[40,20,70,25,60,50]},")
          .append("{\"desc\":\"cc\",\"line\":[2,55,30,40,75,58]}],")
          .append("\"width\":80,\"height\":60%s}\n".formatted(summary));
    }
    lines.append("{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"},");
    lines.append("{\"role\":\"assistant\",\"content\":\"hello\"}]}\n");
    Path file = folder.resolve("data.jsonl");
    Files.writeString(file, lines.toString());
    return file;
  }

  private static RecordAugmenter augmenter(long seed) throws Exception {
    return new RecordAugmenter(AugmentationConfig.parse(EVERYTHING, "test", Path.of("")), seed);
  }

  private static AugmentedSet set(long seed) throws Exception {
    return new AugmentedSet(augmenter(seed), 0);
  }

  @Test
  void theSetMeetsTheDataContract() throws Exception {
    Path out = folder.resolve("out");
    try (JsonlFile file = JsonlFile.open(data())) {
      assertEquals(new AugmentedSet.Counts(12, 1), set(4).write(file, out, 2));
    }
    List<String> problems = new ArrayList<>();
    DataCheck.check(out.resolve(AugmentedSet.JSONL), problem -> problems.add(problem.toString()));
    assertEquals(List.of(), problems);
  }

  @Test
  void theSameSeedGivesTheSameBytesWithAnyNumberOfThreads() throws Exception {
    try (JsonlFile file = JsonlFile.open(data())) {
      set(4).write(file, folder.resolve("one"), 1);
      set(4).write(file, folder.resolve("four"), 4);
      set(5).write(file, folder.resolve("other"), 4);
    }
    for (String name : List.of("augmented.jsonl", "images/00000000.png", "images/00000011.png")) {
      byte[] one = Files.readAllBytes(folder.resolve("one").resolve(name));
      assertArrayEquals(one, Files.readAllBytes(folder.resolve("four").resolve(name)));
    }
    assertNotEquals(
        Files.readString(folder.resolve("one/augmented.jsonl")),
        Files.readString(folder.resolve("other/augmented.jsonl")));
  }

  @Test
  void summariesStayTrue() throws Exception {
    RecordAugmenter augmenter = augmenter(8);
    int changed = 0;
    try (JsonlFile file = JsonlFile.open(data())) {
      for (int i = 0; i < 12; i++) {
        ImageRecord in = (ImageRecord) RecordReader.read(file, i);
        AugmentedRecord out = augmenter.apply(in, 0, i, Progress.END);
        List<String> descriptions = out.record().objects().stream().map(DataObject::desc).toList();
        switch (i % 3) {
          case 0 -> {
            assertEquals(SummaryText.of(descriptions), out.record().summary().orElseThrow());
            changed += out.record().summary().equals(in.summary()) ? 0 : 1;
          }
          case 1 -> {
            assertEquals("by hand", out.record().summary().orElseThrow());
            assertEquals(List.of("b/显示完整", "a", "cc"), descriptions);
          }
          default -> assertEquals(true, out.record().summary().isEmpty());
        }
      }
    }
    assertNotEquals(0, changed, "no crop dropped an object");
  }
}
