package io.lockstep.model.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ImageProcessorTest {
  private static final Path CONFIG = Goldens.path("qwen3_vl/checkpoint/preprocessor_config.json");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void patchesOfAllPicturesEqualThePublicImplementationToTheBit(GoldenFamily family)
      throws IOException {
    ImageProcessor processor = ImageProcessor.of(family.checkpoint());
    List<Float> pixels = new ArrayList<>();
    List<Grid> grids = new ArrayList<>();
    for (JsonNode conversation : family.cases().get("conversations")) {
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
    for (JsonNode grid : family.cases().get("image_grid_thw")) {
      expected.add(
          new Grid(grid.get(0).intValue(), grid.get(1).intValue(), grid.get(2).intValue()));
    }
    assertEquals(expected, grids);
    try (var file = SafetensorsFile.open(family.file("forward.safetensors"))) {
      float[] golden = Goldens.floats(file, "pixel_values");
      float[] own = new float[pixels.size()];
      for (int i = 0; i < own.length; i++) {
        own[i] = pixels.get(i);
      }
      assertArrayEquals(golden, own);
    }
  }

  /** Written by tools/make_resize_fixtures.py. */
  @ParameterizedTest
  @CsvFileSource(resources = "/resized.csv")
  void resizedPicturesEqualPillowsToTheBit(
      String name, int sourceWidth, int sourceHeight, int width, int height, String digest)
      throws IOException, NoSuchAlgorithmException {
    ImageSource source = new ImageSource.File(Goldens.path("images").resolve(name));
    byte[] pixels = new ImageDecoder(DecodeLimits.DEFAULT).decode(source).rgb();
    byte[] first = Arrays.copyOf(pixels, sourceWidth * sourceHeight * RgbImage.CHANNELS);
    RgbImage picture = new RgbImage(sourceWidth, sourceHeight, first);
    byte[] resized = BicubicResampler.resize(picture, width, height).rgb();
    byte[] actual = MessageDigest.getInstance("SHA-256").digest(resized);
    assertEquals(digest, HexFormat.of().formatHex(actual));
  }

  @Test
  void sizesFollowThePublishedVectors() {
    assertEquals(new SmartResize(1920, 1088), SmartResize.of(1920, 1080, 32, 65536, 16777216));
    assertEquals(new SmartResize(320, 224), SmartResize.of(150, 100, 32, 65536, 16777216));
    assertEquals(new SmartResize(644, 476), SmartResize.of(640, 480, 28, 3136, 12845056));
    assertEquals(new SmartResize(56, 56), SmartResize.of(70, 70, 28, 3136, 12845056));
  }

  /** Computed with the public smart_resize. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 256, 256",
    "2, 1, 384, 192",
    "200, 3, 2112, 32",
    "200, 1, 3648, 32",
    "16, 16, 256, 256",
    "80, 48, 352, 224",
    "48, 16, 448, 160",
    "640, 480, 640, 480",
    "1920, 1080, 1920, 1088",
    "5000, 5000, 4096, 4096",
    "3024, 4032, 3008, 4032",
    "60, 9999, 64, 9984",
    "9999, 60, 9984, 64",
    "32, 32, 256, 256",
    "33, 31, 288, 256",
  })
  void sizesOfQwen3(int width, int height, int resizedWidth, int resizedHeight) {
    assertEquals(
        new SmartResize(resizedWidth, resizedHeight),
        SmartResize.of(width, height, 32, 65536, 16777216));
  }

  /** Computed with the public smart_resize. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 56, 56",
    "2, 1, 84, 56",
    "200, 3, 476, 28",
    "200, 1, 812, 28",
    "14, 14, 56, 56",
    "70, 42, 56, 56",
    "42, 14, 112, 56",
    "640, 480, 644, 476",
    "1920, 1080, 1932, 1092",
    "5000, 5000, 3556, 3556",
    "3024, 4032, 3024, 4032",
    "60, 9999, 56, 9996",
    "9999, 60, 9996, 56",
    "28, 28, 56, 56",
    "29, 27, 84, 56",
  })
  void sizesOfQwen25(int width, int height, int resizedWidth, int resizedHeight) {
    assertEquals(
        new SmartResize(resizedWidth, resizedHeight),
        SmartResize.of(width, height, 28, 3136, 12845056));
  }

  @ParameterizedTest
  @CsvSource({"201, 1", "1, 201", "10000, 49"})
  void moreThanTwoHundredTimesTheOtherSideIsRefused(int width, int height) {
    for (int factor : List.of(28, 32)) {
      var error =
          assertThrows(
              IllegalArgumentException.class,
              () -> SmartResize.of(width, height, factor, 3136, 12845056));
      assertEquals(
          "is %d x %d; one side may be at most 200 times the other".formatted(width, height),
          error.getMessage());
    }
  }

  @Test
  void aPictureLongerThanTwoHundredTimesItsWidthIsRefusedByName() throws IOException {
    ImageProcessor processor = ImageProcessor.of(GoldenFamily.QWEN3_VL.checkpoint());
    BufferedImage strip = new BufferedImage(402, 2, BufferedImage.TYPE_INT_RGB);
    var error =
        assertThrows(
            UnreadableImageException.class,
            () -> processor.process(new ImageSource.Bytes("strip", encode(strip, "png"))));
    assertTrue(String.valueOf(error.getMessage()).contains("Picture strip is 402 x 2"));
  }

  @Test
  void onePixelFillsAllPatchesOfTheSmallestPicture() throws IOException {
    ImageProcessor processor = ImageProcessor.of(GoldenFamily.QWEN3_VL.checkpoint());
    Patches patches = processor.process(new RgbImage(1, 1, new byte[] {(byte) 255, 0, (byte) 255}));
    assertEquals(processor.grid(1, 1), patches.grid());
    assertEquals(processor.options().minPixels() / (16 * 16), patches.grid().patches());
    int channel = patches.pixels().length / patches.grid().patches() / RgbImage.CHANNELS;
    for (int i = 0; i < patches.pixels().length; i++) {
      assertEquals(i / channel % RgbImage.CHANNELS == 1 ? -1f : 1f, patches.pixels()[i]);
    }
  }

  @Test
  void optionsSurviveWritingAndMatchTheModel() throws IOException {
    ImageOptions options = ImageOptions.read(CONFIG);
    Path copy = folder.resolve("preprocessor_config.json");
    options.write(copy);
    assertEquals(options, ImageOptions.read(copy));
    options.requireMatch(
        ModelFamilies.read(Goldens.path("qwen3_vl/checkpoint/config.json")).vision());
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

  private static byte[] encode(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out));
    return out.toByteArray();
  }
}
