package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shipped base model was trained on plain pictures of seed 2026; its recipe gives the same
 * weights again only while the generator draws the same pictures and writes the same records.
 */
class BaseDataTest {

  private static final int PICTURES = 24;
  private static final String EXPECTED = "records 7ab680fb, pixels b2407f86";

  @TempDir private Path folder;

  @Test
  void theGeneratorStillDrawsWhatTheBaseModelWasTrainedOn() throws IOException {
    Path data = folder.resolve("data");
    DemoData.generate(
        data, DemoOptions.of(PICTURES, 2026, DemoStyle.PLAIN).withTexts(0).withHeldout(1));
    List<String> lines = Files.readAllLines(data.resolve("train.jsonl"));
    CRC32C records = new CRC32C();
    CRC32C pixels = new CRC32C();
    for (int index = 0; index < PICTURES; index++) {
      records.update(lines.get(index).getBytes(StandardCharsets.UTF_8));
      BufferedImage picture =
          ImageIO.read(data.resolve("images/000/%06d.png".formatted(index)).toFile());
      for (int rgb :
          picture.getRGB(
              0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth())) {
        pixels.update(rgb >> 16);
        pixels.update(rgb >> 8);
        pixels.update(rgb);
      }
    }
    assertEquals(
        EXPECTED, "records %08x, pixels %08x".formatted(records.getValue(), pixels.getValue()));
  }
}
