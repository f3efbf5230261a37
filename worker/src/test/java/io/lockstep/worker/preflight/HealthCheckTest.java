package io.lockstep.worker.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.image.Patches;
import io.lockstep.worker.preflight.HealthCheck.Format;
import io.lockstep.worker.preflight.HealthCheck.Subject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class HealthCheckTest {

  private static final int START = 1;
  private static final int END = 2;
  private static final int USER = 3;
  private static final int ASSISTANT = 4;
  private static final int NEWLINE = 5;
  private static final int IMAGE = 6;
  private static final int WHAT = 7;
  private static final int CAT = 8;

  /** A line feed and the first character of the answer in one token. */
  private static final int NEWLINE_A = 9;

  private static final Map<Integer, String> TEXTS =
      Map.of(
          START,
          "",
          END,
          "",
          USER,
          "user",
          ASSISTANT,
          "assistant",
          NEWLINE,
          "\n",
          IMAGE,
          "#",
          WHAT,
          "what?",
          CAT,
          "cat",
          NEWLINE_A,
          "\na");

  private static final Format FORMAT =
      new Format(
          IMAGE,
          START,
          2,
          3,
          tokens -> Arrays.stream(tokens).mapToObj(TEXTS::get).collect(Collectors.joining()));

  private static final int[] TOKENS = {
    START, USER, NEWLINE, IMAGE, IMAGE, WHAT, END, NEWLINE, //
    START, ASSISTANT, NEWLINE, CAT, CAT, END, NEWLINE
  };

  private static final int ANSWER = 11;

  /** Two by four patches of three values: two vision tokens. */
  private static final Patches PICTURE = new Patches(new float[24], 1, 2, 4);

  @Test
  void aGoodSampleHasNoProblems() {
    assertEquals(List.of(), problems(subject(TOKENS, labels(), PICTURE)));
  }

  @Test
  void aTokenThatSpansHeaderAndAnswerIsLearned() {
    int[] tokens = {
      START, USER, NEWLINE, WHAT, END, NEWLINE, START, ASSISTANT, NEWLINE_A, CAT, END
    };
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, Sample.IGNORED);
    System.arraycopy(tokens, 8, labels, 8, 3);
    assertEquals(List.of(), problems(text(tokens, labels)));
  }

  @Test
  void aPictureThatTheUserTurnLacksIsNamed() {
    Subject good = subject(TOKENS, labels(), PICTURE);
    assertProblem(
        new Subject(2, good.conversation(), good.sample()),
        "the user turn has 1 pictures, the record's images name 2: place each picture");
  }

  @Test
  void aPictureThatWasNotEncodedIsNamed() {
    Conversation two =
        new Conversation(
            List.of(
                new Message(Role.USER, List.of(picture(), picture())),
                Message.text(Role.ASSISTANT, "catcat")));
    assertProblem(
        new Subject(2, two, subject(TOKENS, labels(), PICTURE).sample()),
        "1 pictures were encoded for the 2 of the user turn");
  }

  @Test
  void placeholdersThatDoNotMatchTheGridAreNamed() {
    assertProblem(
        subject(TOKENS, labels(), new Patches(new float[48], 1, 4, 4)),
        "picture 1 has 2 placeholders, its grid of 1 x 4 x 4 patches makes 4: see that merge_size");
    int[] without = TOKENS.clone();
    without[3] = WHAT;
    without[4] = WHAT;
    assertProblem(
        subject(without, labels(), PICTURE), "0 runs of image placeholders for 1 pictures");
  }

  @Test
  void prunedPicturesHaveAPlaceholderForEachTokenTheyKeep() {
    Patches larger = new Patches(new float[48], 1, 4, 4);
    Sample sample =
        new Sample(
            "s.jsonl:7",
            TOKENS,
            labels(),
            List.of(larger),
            List.of(new KeptTokens(4, new int[] {0, 3})));
    assertEquals(List.of(), problems(new Subject(1, question(), sample)));
  }

  @Test
  void pixelValuesThatDoNotMatchTheGridAreNamed() {
    assertProblem(
        subject(TOKENS, labels(), new Patches(new float[23], 1, 2, 4)),
        "picture 1 has 23 pixel values, image_grid_thw of 1 x 2 x 4 says 24: see that patch_size");
  }

  @Test
  void aLabelOnAPlaceholderOrOnTheUsersWordsIsNamed() {
    int[] onPicture = labels();
    onPicture[4] = IMAGE;
    assertProblem(
        subject(TOKENS, onPicture, PICTURE),
        "token 4 of 15 ('#') is an image placeholder with label 6 instead of -100");
    int[] onQuestion = labels();
    onQuestion[5] = WHAT;
    assertProblem(
        subject(TOKENS, onQuestion, PICTURE),
        "token 5 of 15 ('what?') isn't the assistant's and has label 7 instead of -100");
  }

  @Test
  void anAnswerWithoutItsOwnLabelsIsNamed() {
    int[] ignored = labels();
    ignored[ANSWER + 1] = Sample.IGNORED;
    assertProblem(
        subject(TOKENS, ignored, PICTURE),
        "token 12 of 15 ('cat') is the assistant's and has label -100 instead of its own id");
    int[] other = labels();
    other[ANSWER] = WHAT;
    assertProblem(subject(TOKENS, other, PICTURE), "has label 7 instead of its own id");
  }

  @Test
  void aSampleFromWhichNothingIsLearnedIsNamed() {
    int[] tokens = {START, USER, NEWLINE, WHAT, END, NEWLINE};
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, Sample.IGNORED);
    assertProblem(text(tokens, labels), "has no supervised token: give it an assistant turn");
  }

  private static void assertProblem(Subject subject, String expected) {
    List<String> problems = problems(subject);
    assertTrue(
        problems.stream().anyMatch(problem -> problem.contains(expected)), problems::toString);
    assertTrue(
        problems.stream().allMatch(problem -> problem.startsWith("s.jsonl:7: ")),
        problems::toString);
  }

  private static List<String> problems(Subject subject) {
    return new HealthCheck(FORMAT).problems(subject);
  }

  private static Subject subject(int[] tokens, int[] labels, Patches picture) {
    return new Subject(1, question(), new Sample("s.jsonl:7", tokens, labels, List.of(picture)));
  }

  private static Subject text(int[] tokens, int[] labels) {
    Conversation conversation = new Conversation(List.of(Message.text(Role.USER, "what?")));
    return new Subject(0, conversation, new Sample("s.jsonl:7", tokens, labels, List.of()));
  }

  private static Conversation question() {
    return new Conversation(
        List.of(
            new Message(Role.USER, List.of(picture(), new Content.Text("what?"))),
            Message.text(Role.ASSISTANT, "catcat")));
  }

  private static Content picture() {
    return new Content.Image(new ImageSource.File(Path.of("a.png")));
  }

  private static int[] labels() {
    int[] labels = new int[TOKENS.length];
    Arrays.fill(labels, Sample.IGNORED);
    System.arraycopy(TOKENS, ANSWER, labels, ANSWER, TOKENS.length - ANSWER);
    return labels;
  }
}
