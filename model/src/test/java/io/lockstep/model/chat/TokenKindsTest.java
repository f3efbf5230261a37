package io.lockstep.model.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.KindText;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.testing.Goldens;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kinds that characters have, at the tokens that are learned. */
@TestInstance(Lifecycle.PER_CLASS)
final class TokenKindsTest {

  private Tokenizer tokenizer;
  private ChatTemplate template;

  @BeforeAll
  void open() throws IOException {
    tokenizer = Tokenizer.open(Goldens.path("qwen3_vl/checkpoint"));
    template =
        ChatTemplate.of(
            tokenizer, ModelFamilies.read(Goldens.path("qwen3_vl/checkpoint/config.json")));
  }

  @AfterAll
  void close() {
    tokenizer.close();
  }

  private static KindText answer(String desc) {
    return new KindText.Builder()
        .append(TokenKind.FORMAT, "{\"object_1\": {\"desc\": \"")
        .append(TokenKind.DESC, desc)
        .append(TokenKind.FORMAT, "\", \"bbox_2d\": [")
        .append(TokenKind.COORD, "12")
        .append(TokenKind.FORMAT, ", ")
        .append(TokenKind.COORD, "345")
        .append(TokenKind.FORMAT, "]}}")
        .build();
  }

  private Encoded encode(Message answer) {
    return template.encodeForTraining(
        new Conversation(List.of(Message.text(Role.USER, "12?"), answer)), List.of());
  }

  /** The text of the tokens of a kind that follow each other, in order. */
  private List<String> runs(Encoded encoded, TokenKind kind) {
    List<String> runs = new ArrayList<>();
    List<Integer> run = new ArrayList<>();
    for (int i = 0; i <= encoded.tokens().length; i++) {
      boolean own = i < encoded.tokens().length && Marks.kind(encoded.marks()[i]) == kind.number();
      if (own) {
        run.add(encoded.tokens()[i]);
      } else if (!run.isEmpty()) {
        runs.add(tokenizer.decode(run.stream().mapToInt(Integer::intValue).toArray()));
        run.clear();
      }
    }
    return runs;
  }

  @Test
  void eachKindIsWhereTheAnswerSaysIt() {
    Encoded encoded = encode(Message.text(Role.ASSISTANT, answer("设备/华为")));
    assertEquals(List.of("设备/华为"), runs(encoded, TokenKind.DESC));
    assertEquals(List.of("12", "345"), runs(encoded, TokenKind.COORD));
    List<String> format = runs(encoded, TokenKind.FORMAT);
    assertEquals("{\"object_1\": {\"desc\": \"", format.getFirst());
    assertEquals("]}}\n", format.getLast(), "the end of the turn is format, too");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a (b)",
        "(a)",
        "\\\"a\\\"",
        "1",
        "e\u0301toile",
        "A\u030a",
        "🙂",
        "x\u0301\u0323",
        "…",
        "' '"
      })
  void everySupervisedTokenHasOneKindAndOthersHaveNone(String desc) {
    Encoded encoded = encode(Message.text(Role.ASSISTANT, answer(desc)));
    for (int i = 0; i < encoded.tokens().length; i++) {
      boolean learned = encoded.labels()[i] != Sample.IGNORED;
      assertEquals(learned, Marks.kind(encoded.marks()[i]) != 0, "token " + i);
    }
    assertEquals(List.of("12", "345"), runs(encoded, TokenKind.COORD));
    Encoded untold = encode(Message.text(Role.ASSISTANT, answer(desc).text()));
    assertArrayEquals(untold.tokens(), encoded.tokens(), "kinds change no token");
    assertArrayEquals(new byte[0], untold.marks());
  }

  @Test
  void aTokenOfDescriptionAndFormatIsADescriptions() {
    for (String desc : List.of("!", "a!", "!!", "a\")", "?")) {
      KindText text = answer(desc);
      int[] tokens = tokenizer.encode(text.text());
      List<TokenKind> kinds = TokenKinds.of(tokenizer, text.text(), text.spans(), tokens);
      int begin = 0;
      for (int i = 0; i < tokens.length; i++) {
        int end = begin + tokenizer.byteLength(tokens[i]);
        // All of these answers are ASCII: bytes are characters.
        int from = begin;
        boolean describes =
            text.spans().stream()
                .anyMatch(span ->
                    span.kind() == TokenKind.DESC && span.start() < end && span.end() > from);
        assertEquals(describes, kinds.get(i) == TokenKind.DESC, desc + ", token " + i);
        begin = end;
      }
    }
  }

  @Test
  void answersInDemonstrationsAreATeachers() {
    Encoded encoded =
        template.encodeForTraining(
            new Conversation(
                List.of(
                    Message.text(Role.USER, "1?").asDemonstration(),
                    Message.text(Role.ASSISTANT, "one").asDemonstration(),
                    Message.text(Role.USER, "2?"),
                    Message.text(Role.ASSISTANT, "two"))),
            List.of());
    List<Integer> teachers = new ArrayList<>();
    List<Integer> students = new ArrayList<>();
    for (int i = 0; i < encoded.tokens().length; i++) {
      if (Marks.isTeachers(encoded.marks()[i])) {
        teachers.add(encoded.labels()[i]);
      } else if (encoded.labels()[i] != Sample.IGNORED) {
        students.add(encoded.labels()[i]);
      }
    }
    assertArrayEquals(tokenizer.encodeTrusted("one<|im_end|>\n"), ints(teachers));
    assertArrayEquals(tokenizer.encodeTrusted("two<|im_end|>\n"), ints(students));
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
