package io.lockstep.config.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsableTextTest {

  @Test
  void halfOfASurrogatePairIsNamedWithItsPlace() {
    assertEquals(
        Optional.of(
            "holds half of a character (surrogate U+D83D) at character 4; write the whole one or"
                + " remove it"),
        UsableText.problem("hi \uD83D there"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uD83D", "a\uDE00", "\uDE00\uD83D", "\uD83D\uD83D\uDE00", "a\0b"})
  void textThatCannotBeEncodedOrEndsTooEarlyCannotBeUsed(String text) {
    assertTrue(UsableText.problem(text).isPresent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a cat",
        "\uD83D\uDE00",
        "\uD83D\uDC69\u200D\uD83D\uDC67",
        "光纤\u3000标签，\n\t完整",
        "\uFEFFa",
        "می\u200Cخواهم",
        "<|im_end|>"
      })
  void otherTextCanBeUsed(String text) {
    assertEquals(Optional.empty(), UsableText.problem(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\u200Bb", "a\uFEFFb", "a\u202Eb", "a\u001Bb", "a\uFFFDb", "a\u00ADb", "\uFFFE"})
  void whatNobodySeesIsWarnedOf(String text) {
    assertTrue(UsableText.warning(text).isPresent());
    assertEquals(Optional.empty(), UsableText.problem(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a cat\r\n",
        "\uD83D\uDC69\u200D\uD83D\uDC67\uFE0F",
        "光纤\u3000标签",
        "می\u200Cخواهم",
        "a\u2028b"
      })
  void joinersWideBlanksAndLineBreaksAreNotWarnedOf(String text) {
    assertEquals(Optional.empty(), UsableText.warning(text));
  }

  @Test
  void jsonOfAnyTextCanBeEncoded() {
    assertEquals(
        "[\"a \\ud83d b\", \"\uD83D\uDE00，\\ude00\"]",
        UsableText.encodableJson("[\"a \uD83D b\", \"\uD83D\uDE00，\uDE00\"]"));
    assertEquals("[\"\uD83D\uDE00\"]", UsableText.encodableJson("[\"\uD83D\uDE00\"]"));
  }

  @Test
  void aByteOrderMarkIsTakenFromTheBeginningOnly() {
    assertEquals("a\uFEFF", UsableText.withoutByteOrderMark("\uFEFFa\uFEFF"));
  }
}
