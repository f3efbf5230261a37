package io.lockstep.data.record;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTextTest {

  @Test
  void mergesEqualDescriptionsAndPutsShortOnesFirst() {
    assertEquals("标签×2，BBU设备/华为×1", SummaryText.of(List.of("标签", "BBU设备/华为", "标签")));
  }

  @Test
  void equallyLongOnesStayInOrderOfAppearance() {
    assertEquals("丙×1，甲×2，乙×1", SummaryText.of(List.of("丙", "甲", "乙", "甲")));
  }

  @Test
  void lengthCountsCharactersNotTheirEncoding() {
    // The first is one character outside of the basic plane: two UTF-16 units, shorter than "ab".
    assertEquals("𠀀×1，ab×1", SummaryText.of(List.of("ab", "𠀀")));
  }

  @Test
  void theCountDoesNotMakeATextLonger() {
    List<String> many = new ArrayList<>(Collections.nCopies(12, "甲"));
    many.addFirst("乙");
    assertEquals("乙×1，甲×12", SummaryText.of(many));
  }

  @Test
  void nothingGivesNothing() {
    assertEquals("", SummaryText.of(List.of()));
  }
}
