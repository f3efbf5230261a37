package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users get wrong: each is one line that says what, where and how to mend it. */
class BadInputTest {

  @TempDir private static Path folder;
  private static TinyRun tiny;

  @BeforeAll
  static void makeDataAndModel() throws IOException {
    tiny = TinyRun.create(folder);
  }

  @Test
  void aWrongConfigKeyIsNamedWithTheRightOne() throws Exception {
    Path recipe = tiny.recipe("typo.yaml", tiny.data().resolve("train.jsonl"), 3);
    Files.writeString(
        recipe,
        Files.readString(recipe)
            .replace("per_device_train_batch_size", "per_device_train_batchsize"));
    train(recipe, "typo")
        .failedWith(1, "per_device_train_batchsize", "per_device_train_batch_size");
    nothingIsWritten("typo");
  }

  @Test
  void moreWorkersThanVirtualRanksAreRefused() throws Exception {
    Launched.train(folder, tiny.recipe(), 5, "many").failedWith(1, "5 workers", "4");
    nothingIsWritten("many");
  }

  @Test
  void aRunFolderIsNeverOverwritten() throws Exception {
    Files.createDirectories(folder.resolve("taken"));
    Files.writeString(folder.resolve("taken").resolve("notes.txt"), "mine");
    train(tiny.recipe(), "taken").failedWith(1, "taken", "--out");
  }

  @Test
  void aBrokenJsonLineIsNamedByFileAndNumber() throws Exception {
    Path broken = withLine(3, line -> line.substring(0, line.length() / 2));
    train(strict(tiny.recipe("broken.yaml", broken, 10)), "broken")
        .failedWith(1, broken + ":3", "data.max_unreadable (0)");
    noCheckpoint("broken");
  }

  /** A recipe whose run may lose no record. */
  private static Path strict(Path recipe) throws IOException {
    return Files.writeString(
        recipe, Files.readString(recipe).replace("data: {", "data: {max_unreadable: 0, "));
  }

  @Test
  void recordsThatCannotBeReadAreReplacedAndReported() throws Exception {
    Files.writeString(tiny.data().resolve("damaged.png"), "not a picture");
    Path damaged = withLine(4, line -> line.replaceFirst("\"images/[^\"]*\"", "\"damaged.png\""));
    Launched run =
        Launched.train(folder, tiny.recipe("damaged.yaml", damaged, 6), 2, "damaged").succeeded();
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("damaged/unreadable.json").toFile());
    assertEquals(1, report.get("replaced_records").intValue(), report::toString);
    String named = report.get("records").get(0).toString();
    assertTrue(named.contains(damaged + ":4") && named.contains("damaged.png"), named);
    assertTrue(run.out().contains("unreadable: 1 records were replaced"), run.out());
  }

  @Test
  void aDiskWithoutRoomForACheckpointIsToldBeforeTheTraining() throws Exception {
    train(tiny.giantRecipe(), "giant-run")
        .failedWith(1, "MiB free and a checkpoint needs", "--out");
    nothingIsWritten("giant-run");
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Launched.run(
              folder,
              "coordinator",
              "start",
              "--config",
              tiny.recipe().toString(),
              "--workers",
              "1",
              "--out",
              "port",
              "--port",
              Integer.toString(taken.getLocalPort()))
          .failedWith(1, Integer.toString(taken.getLocalPort()), "in use", "--port");
    }
    nothingIsWritten("port");
  }

  @Test
  void anUnknownOptionIsBadUsage() throws Exception {
    Launched.run(folder, "train", "--wrokers", "2").failedWith(2, "--help");
  }

  @Test
  void aCoordinatorThatIsNotThereIsNamed() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    String address = "127.0.0.1:" + free;
    Launched.run(folder, "coordinator", "status", "--coordinator", address)
        .failedWith(1, address, "is it running");
  }

  private interface Change {
    String of(String line);
  }

  /** A copy of the training file beside it, with one line changed. */
  private static Path withLine(int number, Change change) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(tiny.data().resolve("train.jsonl")));
    lines.set(number - 1, change.of(lines.get(number - 1)));
    return Files.write(tiny.data().resolve("changed-" + number + ".jsonl"), lines);
  }

  private static Launched train(Path recipe, String out) throws Exception {
    return Launched.train(folder, recipe, 1, out);
  }

  private static void nothingIsWritten(String out) {
    assertFalse(Files.exists(folder.resolve(out)), "nothing may be written before all is checked");
  }

  private static void noCheckpoint(String out) throws IOException {
    Path checkpoints = folder.resolve(out).resolve("checkpoints");
    if (Files.exists(checkpoints)) {
      try (Stream<Path> entries = Files.list(checkpoints)) {
        assertTrue(entries.findAny().isEmpty());
      }
    }
  }
}
