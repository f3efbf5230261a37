package io.lockstep.data.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.OtherSpelling;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.data.record.Description;
import io.lockstep.data.record.SummaryText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What looks the same is the same, however its accents are written. */
class SameTextTest {

  private static final String COMPOSED = "K\u00e4se";
  private static final String DECOMPOSED = "Ka\u0308se";

  @Test
  void formsOfTheSameTextAreTheSameAndOtherTextsAreNot() {
    assertNotEquals(COMPOSED, DECOMPOSED);
    assertTrue(SameText.same(COMPOSED, DECOMPOSED));
    assertTrue(SameText.same("각", "\u1100\u1161\u11a8"));
    assertTrue(SameText.same("设备×1", "设备×1"));
    assertFalse(SameText.same(COMPOSED, "Kase"));
    assertFalse(SameText.same("ﬁ", "fi"), "compatibility forms are other tokens");
    assertFalse(SameText.same("a", "a "));
  }

  @Test
  void aClassIsFoundInEitherForm() {
    for (String name : List.of(COMPOSED, DECOMPOSED)) {
      assertTrue(Description.isOf(COMPOSED, List.of(name)));
      assertTrue(Description.isOf(DECOMPOSED + "/alt", List.of(name)));
      assertEquals("/alt", Description.below(DECOMPOSED + "/alt", name));
    }
    assertFalse(Description.isOf(DECOMPOSED + "n", List.of(COMPOSED)));
  }

  @Test
  void objectsOfAClassAreCountedTogetherInEitherForm() {
    assertEquals(COMPOSED + "×2", SummaryText.of(List.of(DECOMPOSED, COMPOSED)));
  }

  @Test
  void aPictureWhoseNameIsWrittenInAnotherFormIsNamed(@TempDir Path folder) throws IOException {
    Path there = Files.createFile(folder.resolve(DECOMPOSED + ".png"));
    Path asked = folder.resolve(COMPOSED + ".png");
    assertEquals(Optional.of(there), OtherSpelling.of(asked));
    String refused =
        assertThrows(
                UnreadableImageException.class, () -> ImageHeader.read(asked, DecodeLimits.DEFAULT))
            .toString();
    assertTrue(refused.contains("does not exist, but " + there + " does"), refused);

    assertEquals(Optional.empty(), OtherSpelling.of(folder.resolve("Kase.png")));
    assertEquals(Optional.empty(), OtherSpelling.of(folder.resolve("none").resolve("a.png")));
  }
}
