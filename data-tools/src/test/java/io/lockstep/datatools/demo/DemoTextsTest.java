package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoTextsTest {

  private static List<String> corpus(long seed, int count) throws IOException {
    List<String> texts = new ArrayList<>();
    DemoTexts.corpus(seed, count).forEach(texts::add);
    return texts;
  }

  @Test
  void aSeedAlwaysGivesTheSameTexts() throws IOException {
    assertEquals(corpus(1, 300), corpus(1, 300));
    assertEquals(corpus(1, 300).subList(0, 100), corpus(1, 100));
    assertNotEquals(corpus(1, 300), corpus(2, 300));
  }

  @Test
  void everyKindOfTextIsInIt() throws IOException {
    List<String> texts = corpus(1, 400);
    assertEquals(400, texts.size());
    for (String sign :
        List.of(
            "×2，",
            "\"bbox_2d\": [",
            "\"line_points\": ",
            "Image2(obj=",
            "Verdict: 不通过",
            "；",
            "哪张图先有")) {
      assertTrue(texts.stream().anyMatch(text -> text.contains(sign)), sign);
    }
    assertFalse(texts.stream().anyMatch(String::isBlank));
  }
}
