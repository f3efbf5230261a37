package io.lockstep.data.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {

  private static final Prompts PROMPTS = Prompts.defaults();

  @TempDir Path folder;

  @Test
  void summaryModeTeachesTheSummary() throws IOException {
    try (Dataset dataset = open(Mode.SUMMARY)) {
      Conversation expected =
          new Conversation(
              List.of(
                  Message.text(Role.SYSTEM, PROMPTS.system(Task.SUMMARY)),
                  new Message(
                      Role.USER,
                      List.of(
                          new Content.Image(new ImageSource.File(folder.resolve("a.png"))),
                          new Content.Text(PROMPTS.user(Task.SUMMARY)))),
                  Message.text(Role.ASSISTANT, "标签×1")));
      assertEquals(3, dataset.size());
      assertEquals(expected, dataset.conversation(0, 0));
      assertEquals(new Conversation(expected.messages().subList(0, 2)), dataset.promptOnly(0, 0));
    }
  }

  @Test
  void denseModeTeachesTheObjects() throws IOException {
    try (Dataset dataset = open(Mode.DENSE)) {
      assertEquals(
          Message.text(
              Role.ASSISTANT,
              "{\"object_1\": {\"desc\": \"标签\", \"bbox_2d\": [100, 200, 300, 400]}}"),
          dataset.conversation(0, 0).messages().getLast().withoutKinds());
    }
  }

  @Test
  void aRecordWithoutASummaryIsNamed() throws IOException {
    try (Dataset dataset = open(Mode.SUMMARY)) {
      DataException e = assertThrows(DataException.class, () -> dataset.conversation(0, 1));
      assertTrue(e.toString().contains(dataset.origin(1) + ": summary: is missing"), e.toString());
      assertEquals(2, dataset.promptOnly(0, 1).messages().size());
    }
  }

  @Test
  void conversationsPassThroughInAnyMode() throws IOException {
    try (Dataset dataset = open(Mode.SUMMARY)) {
      List<Message> messages =
          List.of(
              Message.text(Role.USER, "q1"),
              Message.text(Role.ASSISTANT, "a1"),
              Message.text(Role.USER, "q2"),
              Message.text(Role.ASSISTANT, "a2"));
      assertEquals(new Conversation(messages), dataset.conversation(5, 2));
      assertEquals(new Conversation(messages.subList(0, 3)), dataset.promptOnly(5, 2));
    }
  }

  @Test
  void mixedModeDrawsTheRatioFromSeedEpochAndSampleAlone() {
    Mode mixed = new Mode.Mixed(0.3);
    long summaries =
        LongStream.range(0, 10_000)
            .filter(sample -> mixed.taskOf(1, 0, sample) == Task.SUMMARY)
            .count();
    assertTrue(Math.abs(summaries - 3000) < 150, () -> summaries + " of 10000");
    assertEquals(mixed.taskOf(1, 2, 3), new Mode.Mixed(0.3).taskOf(1, 2, 3));
    assertNotEquals(tasksOf(mixed, 1, 0), tasksOf(mixed, 1, 1));
    assertNotEquals(tasksOf(mixed, 1, 0), tasksOf(mixed, 2, 0));
  }

  @Test
  void ratiosAtTheEndsAreExact() {
    assertEquals(Task.DENSE, new Mode.Mixed(0).taskOf(1, 2, 3));
    assertEquals(Task.SUMMARY, new Mode.Mixed(1).taskOf(1, 2, 3));
    assertThrows(IllegalArgumentException.class, () -> new Mode.Mixed(1.1));
    assertThrows(IllegalArgumentException.class, () -> new Mode.Mixed(Double.NaN));
  }

  @Test
  void mixedTasksMustBeAskedForInDifferentWords() {
    Prompts same =
        new Prompts(
            Profile.SUMMARY_TRAIN_MIN,
            Optional.empty(),
            PromptTexts.NONE,
            new PromptTexts(Optional.of("s"), Optional.of("u")));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ConversationBuilder(same, new Mode.Mixed(0.5), 1));
  }

  @Test
  void anEmptyDatasetIsRefused() throws IOException {
    Path empty = Files.writeString(folder.resolve("empty.jsonl"), "");
    ConversationBuilder builder = new ConversationBuilder(PROMPTS, Mode.DENSE, 1);
    DataException e = assertThrows(DataException.class, () -> Dataset.open(empty, builder));
    assertTrue(e.toString().contains("holds no records"), e.toString());
  }

  private static List<Task> tasksOf(Mode mode, long seed, long epoch) {
    return LongStream.range(0, 64).mapToObj(sample -> mode.taskOf(seed, epoch, sample)).toList();
  }

  private Dataset open(Mode mode) throws IOException {
    String object = "{\"desc\": \"标签\", \"bbox_2d\": [1, 2, 3, 4]}";
    String image =
        "{\"images\": [\"a.png\"], \"width\": 10, \"height\": 10, \"objects\": [" + object + "]";
    String chat =
        """
        {"messages": [{"role": "user", "content": "q1"}, {"role": "assistant", "content": "a1"},
         {"role": "user", "content": "q2"}, {"role": "assistant", "content": "a2"}]}
        """
            .replace("\n", "");
    Path path = folder.resolve("data.jsonl");
    Files.writeString(path, image + ", \"summary\": \"标签×1\"}\n" + image + "}\n" + chat + "\n");
    return Dataset.open(path, new ConversationBuilder(PROMPTS, mode, 7));
  }
}
