package io.lockstep.data.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.Kinds;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.image.RgbImage;
import java.awt.Color;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Operators that change colours. */
class ColourOperatorsTest {

  private static final int WIDTH = 61;
  private static final int HEIGHT = 43;

  private static byte[] apply(String operator, byte[] rgb) {
    AnnotatedPicture in = new AnnotatedPicture(new RgbImage(WIDTH, HEIGHT, rgb), List.of());
    return new Pipeline(Configs.good("{ops: [%s]}".formatted(operator)))
        .apply(in, new SampleKey(1, 0, 0), Progress.END)
        .picture()
        .rgb();
  }

  private static byte[] noise() {
    byte[] rgb = new byte[WIDTH * HEIGHT * 3];
    new SplittableRandom(5).nextBytes(rgb);
    return rgb;
  }

  private static byte[] levels(int... levels) {
    byte[] rgb = new byte[WIDTH * HEIGHT * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) levels[i / 3 % levels.length];
    }
    return rgb;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{name: color_jitter, params: {brightness: 1, contrast: 1, saturation: 1}}",
        "{name: gamma, params: {gamma: 1}}",
        "{name: hsv, params: {hue: 0, saturation: 1, value: 1}}",
        "{name: sharpness, params: {sharpness: 1}}",
        "{name: solarize, params: {threshold: 256}}",
        "{name: posterize, params: {bits: 8}}",
        "{name: auto_contrast, params: {cutoff: 0}}",
      })
  void neutralParametersChangeNothing(String operator) {
    byte[] out = apply(operator, noise());

    for (int i = 0; i < out.length; i++) {
      assertEquals(noise()[i] & 0xFF, out[i] & 0xFF, 1);
    }
  }

  @ParameterizedTest
  @MethodSource("colourOperators")
  void theGivenPixelsAreNotTouchedAndOthersComeOut(String operator) {
    byte[] in = noise();
    byte[] out = apply("{name: %s, params: {}}".formatted(operator), in);

    assertArrayEquals(noise(), in);
    assertNotEquals(Arrays.hashCode(in), Arrays.hashCode(out));
  }

  static List<String> colourOperators() {
    return new Operators()
        .types().stream()
            .filter(ColourOperator.class::isAssignableFrom)
            .map(Kinds::name)
            .filter(name -> !name.equals("posterize") && !name.equals("solarize"))
            .toList();
  }

  @Test
  void huesTurnAsInTheHexconeModel() {
    byte[] in = noise();
    byte[] out = apply("{name: hsv, params: {hue: 40, saturation: 0.7, value: 0.9}}", in);

    for (int i = 0; i < in.length; i += 3) {
      float[] hsv = Color.RGBtoHSB(in[i] & 0xFF, in[i + 1] & 0xFF, in[i + 2] & 0xFF, new float[3]);
      int expected = Color.HSBtoRGB(hsv[0] + 40 / 360f, hsv[1] * 0.7f, hsv[2] * 0.9f);
      assertEquals(expected >> 16 & 0xFF, out[i] & 0xFF, 2);
      assertEquals(expected >> 8 & 0xFF, out[i + 1] & 0xFF, 2);
      assertEquals(expected & 0xFF, out[i + 2] & 0xFF, 2);
    }
  }

  @Test
  void withoutSaturationAllIsGrey() {
    byte[] out =
        apply("{name: color_jitter, params: {brightness: 1, contrast: 1, saturation: 0}}", noise());

    for (int i = 0; i < out.length; i += 3) {
      assertTrue(out[i] == out[i + 1] && out[i] == out[i + 2]);
    }
  }

  @Test
  void contrastMovesLevelsAwayFromTheirMean() {
    byte[] out =
        apply(
            "{name: color_jitter, params: {brightness: 1, contrast: 2, saturation: 1}}",
            levels(90, 110));

    assertEquals(80, out[0] & 0xFF, 1);
    assertEquals(120, out[3] & 0xFF, 1);
  }

  @Test
  void stretchedLevelsReachFromBlackToWhite() {
    byte[] out = apply("{name: auto_contrast, params: {cutoff: 0}}", levels(100, 110, 120));

    assertArrayEquals(levels(0, 128, 255), out);
  }

  @Test
  void solarizingAndPosterizing() {
    assertArrayEquals(
        levels(10, 55), apply("{name: solarize, params: {threshold: 200}}", levels(10, 200)));
    assertArrayEquals(
        levels(0, 192), apply("{name: posterize, params: {bits: 2}}", levels(63, 255)));
  }

  @Test
  void gammaDarkensAboveOne() {
    assertArrayEquals(
        levels(0, 64, 255), apply("{name: gamma, params: {gamma: 2}}", levels(0, 128, 255)));
  }

  @Test
  void equalisingSpreadsNarrowLevelsFurtherWithAHigherLimit() {
    byte[] in = noise();
    for (int i = 0; i < in.length; i++) {
      in[i] = (byte) (100 + (in[i - i % 3] & 0xF));
    }

    int narrow = spread(apply("{name: clahe, params: {clip_limit: 1, grid: 2}}", in));
    int wide = spread(apply("{name: clahe, params: {clip_limit: 10, grid: 2}}", in));
    assertTrue(wide > 2 * narrow && narrow >= 15, () -> narrow + " and " + wide);
  }

  private static int spread(byte[] rgb) {
    int least = 255;
    int most = 0;
    for (byte level : rgb) {
      least = Math.min(least, level & 0xFF);
      most = Math.max(most, level & 0xFF);
    }
    return most - least;
  }

  @Test
  void smoothingAPointSpreadsIt() {
    byte[] in = levels(0);
    int centre = (20 * WIDTH + 30) * 3;
    Arrays.fill(in, centre, centre + 3, (byte) 130);
    byte[] out = apply("{name: sharpness, params: {sharpness: 0}}", in);

    assertEquals(50, out[centre]);
    assertEquals(10, out[centre + 3]);
    assertEquals(10, out[centre - WIDTH * 3 - 1]);
    assertEquals(0, out[centre + 6]);
  }
}
