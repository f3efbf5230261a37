package io.lockstep.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportPartsTest {

  @Test
  void everyKindIsAmongTheChosenHoweverRare() {
    List<Integer> items = IntStream.range(0, 148).boxed().toList();
    List<Integer> chosen = Spread.of(items, 16, item -> item == 77 ? "rare" : item % 2);
    assertEquals(16, chosen.size());
    assertEquals(true, chosen.contains(77));
    assertEquals(chosen.stream().sorted().distinct().toList(), chosen);
    assertEquals(true, chosen.getLast() > 120, "they are spread over all");
  }

  @Test
  void allAreChosenIfTheyAreFew() {
    assertEquals(List.of(0, 1, 2), Spread.of(List.of("a", "b", "a"), 16, kind -> kind));
    assertEquals(List.of(), Spread.of(List.of(), 16, kind -> kind));
  }

  @Test
  void errorsAreCountedByClass() {
    assertEquals(
        List.of(
            new ClassErrors("标签", 1, 1, 1),
            new ClassErrors("螺丝", 3, 1, 0),
            new ClassErrors("光纤", 1, 0, 0)),
        ClassErrors.of(
            List.of("标签/9×1，螺丝/紧固×3", "光纤/有保护×1"), List.of("标签/1×1，螺丝/紧固×2", "光纤/有保护×1")));
  }

  @Test
  void whatIsNoTextIsToldInWords() {
    assertEquals(
        "框<span class=\"cut\">2 cut characters</span>×1<br><span"
            + " class=\"cut\">U+0007</span>&lt;b&gt;",
        Html.answer("框\uFFFD\uFFFD×1\n\u0007<b>"));
    assertEquals("<span class=\"cut\">a cut character</span>", Html.answer("\uFFFD"));
  }
}
