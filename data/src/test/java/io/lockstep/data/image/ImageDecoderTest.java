package io.lockstep.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.ImageSource;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pictures of every supported kind against what Pillow makes of them. */
final class ImageDecoderTest {

  static List<String> names() throws IOException {
    return Pictures.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void aPictureHasTheSamePixelsAsInPillow(String name) throws IOException {
    BufferedImage image = ImageIO.read(Pictures.expected(name).toFile());
    byte[] expected = new byte[image.getWidth() * image.getHeight() * RgbImage.CHANNELS];
    for (int at = 0, pixel = 0; at < expected.length; pixel++) {
      int rgb = image.getRGB(pixel % image.getWidth(), pixel / image.getWidth());
      expected[at++] = (byte) (rgb >> 16);
      expected[at++] = (byte) (rgb >> 8);
      expected[at++] = (byte) rgb;
    }
    RgbImage decoded =
        new ImageDecoder(DecodeLimits.DEFAULT).decode(new ImageSource.File(Pictures.file(name)));
    assertEquals(image.getWidth(), decoded.width());
    assertEquals(image.getHeight(), decoded.height());
    assertArrayEquals(expected, decoded.rgb());
  }

  @ParameterizedTest
  @MethodSource("names")
  void theHeaderAloneTellsTheSizeAsSeen(String name) throws IOException {
    BufferedImage expected = ImageIO.read(Pictures.expected(name).toFile());
    ImageHeader header = ImageHeader.read(Pictures.file(name), DecodeLimits.DEFAULT);
    assertEquals(expected.getWidth(), header.width());
    assertEquals(expected.getHeight(), header.height());
  }

  @Test
  void everyKindOfPictureIsThere() throws IOException {
    TreeMap<ImageFormat, Integer> counts = new TreeMap<>();
    for (String name : Pictures.names()) {
      ImageHeader header = ImageHeader.read(Pictures.file(name), DecodeLimits.DEFAULT);
      counts.merge(header.format(), 1, Integer::sum);
    }
    assertTrue(counts.getOrDefault(ImageFormat.PNG, 0) >= 30, counts::toString);
    assertTrue(counts.getOrDefault(ImageFormat.JPEG, 0) >= 25, counts::toString);
    assertTrue(counts.getOrDefault(ImageFormat.WEBP, 0) >= 8, counts::toString);
  }

  @Test
  void superfluousBytesBeforeAMarkerChangeNoPixel() throws IOException {
    byte[] whole = Pictures.bytes("exif1.jpg");
    byte[] longer = Arrays.copyOf(whole, whole.length + 3);
    longer[whole.length + 1] = longer[whole.length - 2];
    longer[whole.length + 2] = longer[whole.length - 1];
    longer[whole.length - 2] = 1;
    longer[whole.length - 1] = 2;
    longer[whole.length] = 3;
    assertArrayEquals(Pictures.decode(whole).rgb(), Pictures.decode(longer).rgb());
  }
}
