package io.lockstep.data.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.data.preprocess.RenameClass;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.record.ImageRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A teacher's turns before a student's. */
class DemonstrationsTest {

  @TempDir private Path folder = Path.of("");

  private static String line(String picture, boolean summary) {
    return "{\"images\": [\"%s\"], \"width\": 10, \"height\": 10, \"objects\": [{\"desc\": \"标签\", \"bbox_2d\": [1, 2, 3, 4]}]%s}"
        .formatted(picture, summary ? ", \"summary\": \"标签×1\"" : "");
  }

  private Path file(String name, List<String> lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private Path pool(int size) throws IOException {
    return file(
        "pool.jsonl",
        IntStream.range(0, size).mapToObj(i -> line("p" + i + ".png", true)).toList());
  }

  private ImageRecord student(String picture) throws IOException {
    Path file = file("student.jsonl", List.of(line(picture, true)));
    try (Dataset dataset = open(file, Mode.SUMMARY, Preprocessing.NONE)) {
      return (ImageRecord) dataset.read(0);
    }
  }

  private static Dataset open(Path file, Mode mode, Preprocessing preprocessing) {
    return Dataset.open(file, new ConversationBuilder(Prompts.defaults(), mode, 7), preprocessing);
  }

  @Test
  void theChoiceFollowsFromSeedEpochAndSampleAlone() throws IOException {
    ImageRecord student = student("s.png");
    Demonstrations one = Demonstrations.open(pool(9), 0.5, 2, 1);
    Demonstrations again = Demonstrations.open(pool(9), 0.5, 2, 1);
    Demonstrations other = Demonstrations.open(pool(9), 0.5, 2, 2);
    List<List<ImageRecord>> chosen = new ArrayList<>();
    int shown = 0;
    for (long sample = 0; sample < 400; sample++) {
      List<ImageRecord> own = one.of(student, 0, sample);
      assertEquals(own, again.of(student, 0, sample));
      assertTrue(own.isEmpty() || own.size() == 2, "all or none");
      assertTrue(own.stream().distinct().count() == own.size(), "each once");
      shown += own.isEmpty() ? 0 : 1;
      chosen.add(own);
    }
    assertEquals(200, shown, 40, "the share of samples that are shown some");
    assertNotEquals(chosen.subList(0, 64), choice(one, student, 1));
    assertNotEquals(chosen.subList(0, 64), choice(other, student, 0));
    Set<ImageRecord> all = chosen.stream().flatMap(List::stream).collect(Collectors.toSet());
    assertEquals(9, all.size(), "every record of the pool is shown sometime");
  }

  private static List<List<ImageRecord>> choice(
      Demonstrations demonstrations, ImageRecord student, long epoch) {
    return IntStream.range(0, 64)
        .mapToObj(sample -> demonstrations.of(student, epoch, sample))
        .toList();
  }

  @Test
  void aSampleIsNeverShownItsOwnPicture() throws IOException {
    ImageRecord student = student("./p3.png");
    Demonstrations all = Demonstrations.open(pool(4), 1, 3, 1);
    for (long sample = 0; sample < 50; sample++) {
      Set<Path> pictures = new HashSet<>();
      all.of(student, 0, sample).forEach(each -> pictures.addAll(each.images()));
      assertEquals(
          Set.of(folder.resolve("p0.png"), folder.resolve("p1.png"), folder.resolve("p2.png")),
          pictures);
    }
    Demonstrations none = Demonstrations.open(pool(4), 0, 3, 1);
    assertEquals(List.of(), none.of(student, 0, 1));
  }

  @Test
  void theTeachersTurnsComeFirstAndAskWhatTheStudentIsAsked() throws IOException {
    List<ImageRecord> shown = Demonstrations.open(pool(3), 1, 2, 1).of(student("s.png"), 0, 0);
    Path file = file("own.jsonl", List.of(line("s.png", true)));
    try (Dataset dataset = open(file, Mode.SUMMARY, Preprocessing.NONE)) {
      Conversation conversation = dataset.conversation(dataset.read(0), shown, 0, 0);
      List<Message> messages = conversation.messages();
      assertEquals(
          List.of(
              Role.SYSTEM,
              Role.USER,
              Role.ASSISTANT,
              Role.USER,
              Role.ASSISTANT,
              Role.USER,
              Role.ASSISTANT),
          messages.stream().map(Message::role).toList());
      assertEquals(
          List.of(false, true, true, true, true, false, false),
          messages.stream().map(Message::demonstration).toList());
      assertEquals(
          List.of(
              shown.get(0).images().getFirst(),
              shown.get(1).images().getFirst(),
              folder.resolve("s.png")),
          conversation.images().stream().map(image -> ((ImageSource.File) image).path()).toList());
      assertEquals(messages.get(5).contents().getLast(), messages.get(1).contents().getLast());
      // What is left without the demonstrations is what serving asks and training without them.
      List<Message> own = new ArrayList<>(messages);
      own.removeIf(Message::demonstration);
      assertEquals(dataset.conversation(0, 0).messages(), own);
      assertEquals(dataset.promptOnly(0, 0).messages(), own.subList(0, 2));
    }
  }

  @Test
  void demonstrationsAreInTheWordsOfTheDataset() throws IOException {
    List<ImageRecord> shown = Demonstrations.open(pool(3), 1, 2, 1).of(student("s.png"), 0, 0);
    Path file = file("own.jsonl", List.of(line("s.png", true)));
    Preprocessing renamed = new Preprocessing(List.of(new RenameClass("标签", "label")));
    try (Dataset dataset = open(file, Mode.DENSE, renamed)) {
      List<Message> messages = dataset.conversation(dataset.read(0), shown, 0, 0).messages();
      assertEquals(
          messages.get(6).withoutKinds().contents(), messages.get(2).withoutKinds().contents());
      assertEquals(List.of(), messages.get(2).kinds(), "kinds are told of the student's words");
    }
  }

  @Test
  void aPoolThatCannotDemonstrateIsRefusedWithItsLines() throws IOException {
    String chat =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}";
    Path mixed = file("mixed.jsonl", List.of(line("a.png", true), chat, "{", line("b.png", true)));
    DataException wrong =
        assertThrows(DataException.class, () -> Demonstrations.open(mixed, 1, 1, 1));
    assertEquals(List.of(2L, 3L), wrong.problems().stream().map(each -> each.line()).toList());

    IllegalArgumentException few =
        assertThrows(IllegalArgumentException.class, () -> Demonstrations.open(pool(2), 1, 2, 1));
    assertTrue(String.valueOf(few.getMessage()).contains("at least 3 pictures"), few::getMessage);

    Path unsummed = file("unsummed.jsonl", List.of(line("a.png", true), line("b.png", false)));
    Path own = file("own.jsonl", List.of(line("s.png", true)));
    List<ImageRecord> pool = Demonstrations.open(unsummed, 1, 1, 1).pool();
    try (Dataset summaries = open(own, Mode.SUMMARY, Preprocessing.NONE);
        Dataset dense = open(own, Mode.DENSE, Preprocessing.NONE)) {
      pool.forEach(dense::requireDemonstrates);
      DataException missing =
          assertThrows(DataException.class, () -> pool.forEach(summaries::requireDemonstrates));
      assertEquals(2, missing.problems().getFirst().line());
    }
  }
}
