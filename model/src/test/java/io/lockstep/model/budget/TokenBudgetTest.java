package io.lockstep.model.budget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.image.Patches;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBudgetTest {

  private static final int CHANNELS = 3;

  @ParameterizedTest
  @CsvSource({"1,16,16", "0.75,16,12", "0.5,7,4", "0.1,30,3", "0.07,100,7", "1e-9,5,1", "0.99,3,3"})
  void theCountIsTheCeilingOfTheShareAsWritten(double share, int tokens, int kept) {
    assertEquals(kept, new TokenBudget(share).count(tokens));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.0001, Double.NaN})
  void sharesOutOfRangeAreRefused(double share) {
    assertThrows(IllegalArgumentException.class, () -> new TokenBudget(share));
  }

  @Test
  void theHighestScoresAreKeptInTheirOrder() {
    KeptTokens kept = new TokenBudget(0.5).choose(new double[] {1, 5, 0, 4, 3, 2});
    assertArrayEquals(new int[] {1, 3, 4}, kept.indices());
    assertEquals(6, kept.of());
  }

  @Test
  void ofEqualScoresTheFirstAreKept() {
    assertArrayEquals(
        new int[] {0, 1, 4}, new TokenBudget(0.6).choose(new double[] {2, 2, 2, 2, 7}).indices());
  }

  @Test
  void everythingIsKeptWithAWholeBudgetOrAnOnlyToken() {
    assertTrue(TokenBudget.ALL.choose(picture(2, 4), 2).isAll());
    assertTrue(new TokenBudget(0.01).choose(picture(2, 2), 2).isAll());
  }

  @Test
  void keptTokensMustBeAscendingAndInRange() {
    assertThrows(IllegalArgumentException.class, () -> new KeptTokens(4, new int[0]));
    assertThrows(IllegalArgumentException.class, () -> new KeptTokens(4, new int[] {1, 1}));
    assertThrows(IllegalArgumentException.class, () -> new KeptTokens(4, new int[] {2, 1}));
    assertThrows(IllegalArgumentException.class, () -> new KeptTokens(4, new int[] {0, 4}));
  }

  @Test
  void aSquareOfOneColourHasNoContrastWhateverTheColour() {
    Patches picture = picture(2, 6);
    fill(picture, 0, 4, 0.1f);
    fill(picture, 4, 8, -0.7f);
    assertEquals(0, LocalContrast.of(picture, 2)[0]);
    assertEquals(0, LocalContrast.of(picture, 2)[1]);
  }

  /** One channel is 1 and -1 in turns, which varies by 1; another by a quarter between patches. */
  @Test
  void contrastIsTheVarianceSummedOverChannels() {
    Patches picture = picture(2, 4);
    int values = picture.pixels().length / 8;
    int ofChannel = values / CHANNELS;
    for (int patch = 4; patch < 8; patch++) {
      for (int i = 0; i < ofChannel; i++) {
        picture.pixels()[patch * values + i] = i % 2 == 0 ? 1 : -1;
        picture.pixels()[patch * values + 2 * ofChannel + i] = patch < 6 ? 0.5f : -0.5f;
      }
    }
    assertArrayEquals(new double[] {0, 1.25}, LocalContrast.of(picture, 2), 1e-12);
    assertArrayEquals(new int[] {1}, new TokenBudget(0.5).choose(picture, 2).indices());
  }

  private static Patches picture(int h, int w) {
    return new Patches(new float[h * w * CHANNELS * 2 * 4], 1, h, w);
  }

  private static void fill(Patches picture, int from, int to, float value) {
    int values = picture.pixels().length / picture.grid().patches();
    Arrays.fill(picture.pixels(), from * values, to * values, value);
  }
}
