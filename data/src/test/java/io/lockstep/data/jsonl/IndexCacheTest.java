package io.lockstep.data.jsonl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexCacheTest {

  @TempDir private Path folder = Path.of("");
  private Path data = Path.of("");
  private IndexCache cache = IndexCache.ofMachine();
  private final List<String> lines = new ArrayList<>();

  @BeforeEach
  void writeLines() throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 40_000; i++) {
      lines.add(i + "x".repeat(random.nextInt(12)));
    }
    data = folder.resolve("data.jsonl");
    cache = new IndexCache(folder.resolve("cache"), 0);
    Files.writeString(data, String.join("\n", lines) + "\n");
  }

  @Test
  void theStoredIndexGivesTheLinesThatTheHeapsDoes() throws IOException {
    try (JsonlFile stored = JsonlFile.open(data, cache);
        JsonlFile heap = JsonlFile.open(data)) {
      assertEquals(lines.size(), stored.size());
      for (int i = 0; i < lines.size(); i += 7) {
        assertEquals(lines.get(i), stored.line(i));
        assertEquals(heap.line(i), stored.line(i));
      }
      assertEquals(lines.getLast(), stored.line(stored.size() - 1));
    }
  }

  @Test
  void theIndexOfAnUnchangedFileIsBuiltOnce() throws IOException {
    JsonlFile.open(data, cache).close();
    FileTime built = Files.getLastModifiedTime(index());
    Files.setLastModifiedTime(index(), FileTime.fromMillis(1000));
    JsonlFile.open(data, cache).close();
    assertEquals(FileTime.fromMillis(1000), Files.getLastModifiedTime(index()));
    assertTrue(built.toMillis() > 1000);
  }

  @Test
  void aFileThatWasWrittenToIsIndexedAnew() throws IOException {
    JsonlFile.open(data, cache).close();
    Files.writeString(data, "one\ntwo\n");
    try (JsonlFile changed = JsonlFile.open(data, cache)) {
      assertEquals(2, changed.size());
      assertEquals("two", changed.line(1));
    }
  }

  @Test
  void aFileThatChangesWhileItIsOpenIsAnErrorThatNamesIt() throws IOException {
    try (JsonlFile open = JsonlFile.open(data, cache)) {
      assertEquals(lines.getFirst(), open.line(0));
      Files.writeString(data, "another line\n", StandardOpenOption.APPEND);
      DataException error = assertThrows(DataException.class, () -> open.line(3));
      String message = String.valueOf(error.getMessage());
      assertTrue(message.contains("data.jsonl:4: the file has changed since"), message);
    }
  }

  @Test
  void anIndexThatIsTornOrOfAnotherFileIsBuiltAnew() throws IOException {
    JsonlFile.open(data, cache).close();
    byte[] whole = Files.readAllBytes(index());
    for (int kept : List.of(0, 50, 96, whole.length - 8)) {
      Files.write(index(), Arrays.copyOf(whole, kept));
      try (JsonlFile again = JsonlFile.open(data, cache)) {
        assertEquals(lines.get(39_999), again.line(39_999));
      }
    }
    // Size and time are those of before, the content isn't.
    FileTime time = Files.getLastModifiedTime(data);
    Files.writeString(data, Files.readString(data).replaceFirst("0", "\n"));
    Files.setLastModifiedTime(data, time);
    DataException error =
        assertThrows(DataException.class, () -> JsonlFile.open(data, cache).close());
    assertTrue(String.valueOf(error.getMessage()).contains("data.jsonl:1: is blank"));
  }

  @Test
  void aBlankLineIsFoundInALargeFileToo() throws IOException {
    Files.writeString(data, "one\n \t\ntwo\n");
    for (int round = 0; round < 2; round++) {
      DataException error =
          assertThrows(DataException.class, () -> JsonlFile.open(data, cache).close());
      assertTrue(String.valueOf(error.getMessage()).contains("data.jsonl:2: is blank"));
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamedWithWhatToSet() throws IOException {
    Path file = Files.writeString(folder.resolve("occupied"), "no folder");
    IndexCache impossible = new IndexCache(file, 0);
    DataException error =
        assertThrows(DataException.class, () -> JsonlFile.open(data, impossible).close());
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("occupied") && message.contains("LOCKSTEP_CACHE_DIR"), message);
  }

  @Test
  void severalThatOpenAFileAtOnceAgree() throws Exception {
    try (var threads = Executors.newFixedThreadPool(6)) {
      Callable<String> last =
          () -> {
            try (JsonlFile file = JsonlFile.open(data, cache)) {
              return file.size() + " " + file.line(file.size() - 1);
            }
          };
      for (Future<String> each : threads.invokeAll(Collections.nCopies(12, last))) {
        assertEquals("40000 " + lines.getLast(), each.get());
      }
    }
    try (var left = Files.list(cache.folder())) {
      assertTrue(left.noneMatch(path -> path.toString().endsWith(".partial")));
    }
  }

  @Test
  void processesThatIndexAFileAtTheSameMomentAllGetItsLines() throws IOException {
    Path log = folder.resolve("log");
    String expected = IndexProcess.lines(data, folder.resolve("alone"));
    try (IndexProcess first = IndexProcess.start(data, log);
        IndexProcess second = IndexProcess.start(data, log);
        IndexProcess third = IndexProcess.start(data, log)) {
      List<IndexProcess> processes = List.of(first, second, third);
      for (IndexProcess process : processes) {
        assertEquals("ready", process.said());
      }
      for (int round = 0; round < 20; round++) {
        Path shared = folder.resolve("shared" + round);
        if (round % 2 == 1) {
          leaveWhatAKilledBuilderLeaves(shared);
        }
        for (IndexProcess process : processes) {
          process.open(shared);
        }
        for (IndexProcess process : processes) {
          assertEquals(expected, process.said(), () -> read(log));
        }
        try (var files = Files.list(shared)) {
          assertEquals(
              List.of("lines", "lock"),
              files.map(path -> path.toString().replaceAll(".*[.]", "")).sorted().toList());
        }
      }
    }
  }

  private void leaveWhatAKilledBuilderLeaves(Path shared) throws IOException {
    JsonlFile.open(data, new IndexCache(shared, 0)).close();
    try (var files = Files.list(shared)) {
      Path built = files.filter(p -> p.toString().endsWith(".lines")).findFirst().orElseThrow();
      Files.move(built, built.resolveSibling(built.getFileName() + ".partial"));
    }
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Path index() throws IOException {
    try (var entries = Files.list(cache.folder())) {
      return entries.filter(path -> path.toString().endsWith(".lines")).findFirst().orElseThrow();
    }
  }
}
