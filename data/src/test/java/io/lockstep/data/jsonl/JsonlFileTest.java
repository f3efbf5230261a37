package io.lockstep.data.jsonl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonlFileTest {

  @TempDir Path folder;

  @Test
  void readsLinesInAnyOrder() throws IOException {
    try (JsonlFile file = JsonlFile.open(written("甲\nb\r\nccc\n"))) {
      assertEquals(3, file.size());
      assertEquals("ccc", file.line(2).strip());
      assertEquals("甲", file.line(0));
      assertEquals("b", file.line(1).strip());
      assertThrows(IndexOutOfBoundsException.class, () -> file.line(3));
    }
  }

  @Test
  void theLastLineNeedsNoNewline() throws IOException {
    assertEquals(List.of("a", "b"), linesOf("a\nb"));
    assertEquals(List.of("a", "b"), linesOf("a\nb\n"));
    assertEquals(List.of(), linesOf(""));
  }

  @Test
  void indexesMoreLinesThanOneChunkHolds() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      text.append(i).append('\n');
    }
    try (JsonlFile file = JsonlFile.open(written(text.toString()))) {
      assertEquals(200_000, file.size());
      for (int i = 0; i < 200_000; i += 997) {
        assertEquals(Integer.toString(i), file.line(i));
      }
    }
  }

  @Test
  void blankLinesInsideAreErrorsThatNameTheLine() throws IOException {
    for (String text : List.of("a\n\nb\n", "a\n \t\r\nb\n", "a\n\n")) {
      Path path = written(text);
      DataException e = assertThrows(DataException.class, () -> JsonlFile.open(path));
      assertEquals(path + ":2: is blank; remove the line", e.getMessage());
    }
  }

  @Test
  void aCheckerReadsOnAfterABadLine() throws IOException {
    try (JsonlFile file = JsonlFile.openToCheck(written("a\n\nb\n"))) {
      assertEquals(3, file.size());
      assertThrows(DataException.class, () -> file.line(1));
      assertEquals("b", file.line(2));
    }
  }

  @Test
  void linesThatAreNotUtf8AreErrors() throws IOException {
    Path path = folder.resolve("latin1.jsonl");
    Files.write(path, "fine\nh\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    try (JsonlFile file = JsonlFile.open(path)) {
      assertEquals("fine", file.line(0));
      DataException e = assertThrows(DataException.class, () -> file.line(1));
      assertTrue(e.toString().contains(path + ":2: is not valid UTF-8"), e.toString());
    }
  }

  @Test
  void aByteOrderMarkAtTheBeginningOfAnyLineIsLeftOut() throws IOException {
    try (JsonlFile file = JsonlFile.open(written("\uFEFF{}\n\uFEFF[\uFEFF]\n"))) {
      assertEquals("{}", file.line(0));
      assertEquals("[\uFEFF]", file.line(1));
    }
  }

  @Test
  void overlongLinesAreErrors() throws IOException {
    Path path = written("a\n" + "x".repeat(JsonlFile.MAX_LINE_BYTES + 1) + "\n");
    DataException e = assertThrows(DataException.class, () -> JsonlFile.open(path));
    assertTrue(e.toString().contains(":2: has 16777217 bytes"), e.toString());
  }

  @Test
  void aMissingFileIsAnError() {
    DataException e =
        assertThrows(DataException.class, () -> JsonlFile.open(folder.resolve("none.jsonl")));
    assertTrue(e.toString().contains("no such file"), e.toString());
  }

  @Test
  void filesBeyondTwoGigabytesWork() throws IOException {
    Path path = folder.resolve("sparse.jsonl");
    long last = (1L << 31) + 5;
    // A sparse file: the hole of zero bytes takes no disk space, and is one over-long line.
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(ByteBuffer.wrap("first\n".getBytes(StandardCharsets.UTF_8)), 0);
      channel.write(ByteBuffer.wrap("\nlast\n".getBytes(StandardCharsets.UTF_8)), last);
    }
    try (JsonlFile file = JsonlFile.openToCheck(path)) {
      assertEquals(3, file.size());
      assertEquals("first", file.line(0));
      assertThrows(DataException.class, () -> file.line(1));
      assertEquals("last", file.line(2));
    }
  }

  private List<String> linesOf(String text) throws IOException {
    try (JsonlFile file = JsonlFile.open(written(text))) {
      return LongStream.range(0, file.size()).mapToObj(file::line).toList();
    }
  }

  private Path written(String text) throws IOException {
    return Files.writeString(folder.resolve("data.jsonl"), text);
  }
}
