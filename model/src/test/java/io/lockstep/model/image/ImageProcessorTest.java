package io.lockstep.model.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageProcessorTest {
  private static final Path CONFIG = Goldens.path("qwen3_vl/checkpoint/preprocessor_config.json");

  @TempDir Path folder;

  @Test
  void patchesOfAllPicturesEqualThePublicImplementationToTheBit() throws IOException {
    ImageProcessor processor = ImageProcessor.read(CONFIG);
    List<Float> pixels = new ArrayList<>();
    List<Grid> grids = new ArrayList<>();
    for (JsonNode conversation : GoldenFamily.QWEN3_VL.cases().get("conversations")) {
      for (JsonNode name : conversation.get("images")) {
        Path file = Goldens.image(name.textValue());
        Patches patches = processor.process(new ImageSource.File(file));
        for (float value : patches.pixels()) {
          pixels.add(value);
        }
        grids.add(patches.grid());
      }
    }
    List<Grid> expected = new ArrayList<>();
    for (JsonNode grid : GoldenFamily.QWEN3_VL.cases().get("image_grid_thw")) {
      expected.add(
          new Grid(grid.get(0).intValue(), grid.get(1).intValue(), grid.get(2).intValue()));
    }
    assertEquals(expected, grids);
    try (var file = SafetensorsFile.open(Goldens.path("qwen3_vl/forward.safetensors"))) {
      float[] golden = Goldens.floats(file, "pixel_values");
      float[] own = new float[pixels.size()];
      for (int i = 0; i < own.length; i++) {
        own[i] = pixels.get(i);
      }
      assertArrayEquals(golden, own);
    }
  }

  @Test
  void sizesFollowThePublishedVectors() {
    assertEquals(new SmartResize(1920, 1088), SmartResize.of(1920, 1080, 32, 65536, 16777216));
    assertEquals(new SmartResize(320, 224), SmartResize.of(150, 100, 32, 65536, 16777216));
    assertEquals(new SmartResize(644, 476), SmartResize.of(640, 480, 28, 3136, 12845056));
    assertEquals(new SmartResize(56, 56), SmartResize.of(70, 70, 28, 3136, 12845056));
  }

  @Test
  void aPictureLongerThanTwoHundredTimesItsWidthIsRefusedByName() throws IOException {
    ImageProcessor processor = ImageProcessor.read(CONFIG);
    BufferedImage strip = new BufferedImage(402, 2, BufferedImage.TYPE_INT_RGB);
    var error =
        assertThrows(
            UnreadableImageException.class,
            () -> processor.process(new ImageSource.Bytes("strip", encode(strip, "png"))));
    assertTrue(String.valueOf(error.getMessage()).contains("Picture strip is 402 x 2"));
  }

  @Test
  void greyIsRepeatedAndTransparencyDropped() throws IOException {
    BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(0, 0, 0, 7);
    grey.getRaster().setSample(1, 0, 0, 200);
    assertArrayEquals(bytes(7, 7, 7, 200, 200, 200), decode(encode(grey, "png")).rgb());

    BufferedImage clear = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    clear.setRGB(0, 0, new Color(10, 20, 30, 0).getRGB());
    assertArrayEquals(bytes(10, 20, 30), decode(encode(clear, "png")).rgb());
  }

  @Test
  void palettesAreLookedUp() throws IOException {
    byte[] red = bytes(1, 2, 3, 4);
    byte[] green = bytes(5, 6, 7, 8);
    byte[] blue = bytes(9, 10, 11, 250);
    BufferedImage image =
        new BufferedImage(
            3, 1, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(2, 4, red, green, blue));
    image.getRaster().setSample(0, 0, 0, 3);
    image.getRaster().setSample(2, 0, 0, 1);
    assertArrayEquals(bytes(4, 8, 250, 1, 5, 9, 2, 6, 10), decode(encode(image, "png")).rgb());
  }

  @Test
  void sixteenBitGreyKeepsItsUpperByte() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x12FF);
    assertArrayEquals(bytes(0x12, 0x12, 0x12), decode(encode(image, "png")).rgb());
  }

  @Test
  void aJpegIsDecoded() throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, new Color(120, 60, 200).getRGB());
    }
    byte[] rgb = decode(encode(image, "jpg")).rgb();
    assertEquals(120, rgb[0] & 0xFF, 3);
    assertEquals(60, rgb[1] & 0xFF, 3);
    assertEquals(200, rgb[2] & 0xFF, 3);
  }

  @Test
  void aCutOffPictureIsAnErrorWithItsName() throws IOException {
    for (String format : List.of("png", "jpg")) {
      BufferedImage source = ImageIO.read(Goldens.path("images/img0.png").toFile());
      byte[] whole = encode(rgb(source), format);
      byte[] half = Arrays.copyOf(whole, whole.length / 2);
      var error = assertThrows(UnreadableImageException.class, () -> decode(half), format);
      assertTrue(String.valueOf(error.getMessage()).startsWith("Picture test "), format);
    }
  }

  @Test
  void whatIsNoPictureIsSaidToBeNone() {
    byte[] text = "hello".getBytes(StandardCharsets.UTF_8);
    var error = assertThrows(UnreadableImageException.class, () -> decode(text));
    assertEquals("Picture test is neither PNG nor JPEG", error.getMessage());
    Path absent = folder.resolve("absent.png");
    error =
        assertThrows(
            UnreadableImageException.class,
            () -> new ImageDecoder(DecodeLimits.DEFAULT).decode(new ImageSource.File(absent)));
    assertTrue(String.valueOf(error.getMessage()).contains("absent.png does not exist"));
  }

  @Test
  void limitsAreCheckedFromTheHeader() throws IOException {
    byte[] png = encode(new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB), "png");
    // Only the header says so: a decoder that began to read such a picture would run out of memory.
    png[16] = 0x7F;
    png[20] = 0x7F;
    var error = assertThrows(UnreadableImageException.class, () -> decode(png));
    assertTrue(String.valueOf(error.getMessage()).contains("pixels are allowed"));
    ImageDecoder small = new ImageDecoder(new DecodeLimits(10, 100));
    error =
        assertThrows(
            UnreadableImageException.class, () -> small.decode(new ImageSource.Bytes("test", png)));
    assertTrue(String.valueOf(error.getMessage()).contains("bytes; at most 10 are allowed"));
  }

  @Test
  void optionsSurviveWritingAndMatchTheModel() throws IOException {
    ImageOptions options = ImageOptions.read(CONFIG);
    Path copy = folder.resolve("preprocessor_config.json");
    options.write(copy);
    assertEquals(options, ImageOptions.read(copy));
    options.requireMatch(
        ModelConfig.read(Goldens.path("qwen3_vl/checkpoint/config.json")).vision());
    assertEquals(32, options.factor());
  }

  @Test
  void unsupportedOptionsAreAllNamed() throws IOException {
    String text = Files.readString(CONFIG, StandardCharsets.UTF_8);
    Path file = folder.resolve("bad.json");
    Files.writeString(
        file,
        text.replace("\"resample\": 3", "\"resample\": 2").replace("\"patch_size\"", "\"pa\""));
    var error = assertThrows(InvalidConfigException.class, () -> ImageOptions.read(file));
    assertEquals(
        List.of(
            "resample is 2 but only 3 is supported",
            "patch_size is missing",
            "pa is not known; remove it if it does not change what the model computes"),
        error.problems());
  }

  private static RgbImage decode(byte[] encoded) throws IOException {
    return new ImageDecoder(DecodeLimits.DEFAULT).decode(new ImageSource.Bytes("test", encoded));
  }

  private static BufferedImage rgb(BufferedImage source) {
    BufferedImage image =
        new BufferedImage(source.getWidth(), source.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
    image.createGraphics().drawImage(source, 0, 0, null);
    return image;
  }

  private static byte[] encode(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out));
    return out.toByteArray();
  }

  private static byte[] bytes(int... values) {
    byte[] result = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (byte) values[i];
    }
    return result;
  }
}
