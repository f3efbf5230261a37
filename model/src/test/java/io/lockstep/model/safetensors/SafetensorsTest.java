package io.lockstep.model.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsTest {
  private static final Path REFERENCE = Goldens.path("qwen3_vl/checkpoint/model.safetensors");

  @TempDir Path folder;

  @Test
  void aCopyOfTheReferenceIsTheSameFileByteForByte() throws IOException {
    Path copy = folder.resolve("model.safetensors");
    try (SafetensorsFile source = SafetensorsFile.open(REFERENCE)) {
      List<TensorInfo> infos = source.names().stream().map(source::info).toList();
      try (SafetensorsWriter writer = SafetensorsWriter.create(copy, infos, source.metadata())) {
        for (String name : source.names().reversed()) {
          writer.write(name, source.data(name));
        }
        writer.commit();
      }
    }
    assertEquals(-1, Files.mismatch(REFERENCE, copy));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(copy), files.toList());
    }
  }

  @Test
  void typesAndShapesAreRead() throws IOException {
    try (SafetensorsFile file =
        SafetensorsFile.open(Goldens.path("qwen3_vl/forward.safetensors"))) {
      assertEquals(TensorInfo.of("input_ids", DType.I64, 4, 66), file.info("input_ids"));
      assertEquals(1, file.info("loss").elements());
      assertArrayEquals(new long[] {4, 66, 704}, file.info("logits").dimensions());
      assertEquals(4L * 66 * 704 * 4, file.data("logits").byteSize());
      assertTrue(file.data("logits").isReadOnly());
      assertFalse(file.contains("absent"));
      var error = assertThrows(IllegalArgumentException.class, () -> file.data("absent"));
      assertTrue(String.valueOf(error.getMessage()).endsWith("holds no tensor absent"));
    }
  }

  @Test
  void theDigestCoversNamesTypesShapesAndDataInOrderOfNames() throws Exception {
    byte[] a = {1, 2, 3, 4};
    byte[] b = {5};
    Path file = folder.resolve("x.safetensors");
    TensorInfo first = TensorInfo.of("a", DType.U8, 2, 2);
    TensorInfo scalar = TensorInfo.of("b", DType.I8);
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, List.of(scalar, first))) {
      writer.write("a", ByteBuffer.wrap(a));
      writer.write("b", ByteBuffer.wrap(b));
      writer.commit();
    }
    MessageDigest expected = MessageDigest.getInstance("SHA-256");
    expected.update("a\0U8\0002,2\0".getBytes(StandardCharsets.UTF_8));
    expected.update(a);
    expected.update("b\0I8\0\0".getBytes(StandardCharsets.UTF_8));
    expected.update(b);
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      assertEquals(HexFormat.of().formatHex(expected.digest()), TensorDigest.sha256(source));
    }
    TensorDigest unordered = new TensorDigest();
    unordered.update(scalar, MemorySegment.ofArray(b));
    assertThrows(
        IllegalArgumentException.class, () -> unordered.update(first, MemorySegment.ofArray(a)));
  }

  @Test
  void widerElementsComeFirstSoThatAllAreAligned() throws IOException {
    Path file = folder.resolve("mixed.safetensors");
    List<TensorInfo> infos =
        List.of(
            TensorInfo.of("a", DType.BF16, 1),
            TensorInfo.of("b", DType.F32, 1),
            TensorInfo.of("c", DType.F32, 0, 7));
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, infos, Map.of())) {
      writer.write("a", ByteBuffer.allocate(2));
      writer.write("b", ByteBuffer.allocate(4));
      writer.write("c", ByteBuffer.allocate(0));
      writer.commit();
    }
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      assertEquals(List.of("a", "b", "c"), source.names());
      assertEquals(0, source.data("b").address() % 4);
    }
  }

  @Test
  void nothingAppearsUntilEveryTensorIsWritten() throws IOException {
    Path file = folder.resolve("model.safetensors");
    TensorInfo info = TensorInfo.of("w", DType.F32, 2);
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, List.of(info))) {
      assertThrows(IllegalArgumentException.class, () -> writer.write("w", ByteBuffer.allocate(4)));
      assertThrows(IllegalArgumentException.class, () -> writer.write("v", ByteBuffer.allocate(8)));
      var error = assertThrows(IllegalStateException.class, writer::commit);
      assertTrue(String.valueOf(error.getMessage()).endsWith("still lacks the tensors [w]"));
      assertFalse(Files.exists(file));
    }
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void damagedHeadersAreRefused() throws IOException {
    refused("is not a safetensors file", Long.MAX_VALUE, "{}", 0);
    refused("is not JSON", 2, "{]", 0);
    refused("holds 3 bytes of data but its header describes 0", 2, "{}", 3);
    refused("unknown dtype 'F7'", tensor("F7", "1", 0, 1), 1);
    refused("gives tensor t 3 bytes but F32 [1] needs 4", tensor("F32", "1", 0, 3), 3);
    refused("a gap before tensor t", tensor("U8", "1", 1, 2), 2);
    refused("where tensor t needs a whole number", tensor("U8", "-1", 0, 1), 1);
    refused("the impossible shape", tensor("F32", "4611686018427387904,4", 0, 4), 4);
    refused(
        "an overlap before tensor u",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"u\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
        3);
    refused(
        "is not JSON",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
            + "\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
        0);
    Path empty = Files.createFile(folder.resolve("empty.safetensors"));
    var error = assertThrows(InvalidSafetensorsException.class, () -> SafetensorsFile.open(empty));
    assertTrue(String.valueOf(error.getMessage()).endsWith("too short to be a safetensors file"));
  }

  @Test
  void aFolderWithoutWeightsSaysSo() {
    var error =
        assertThrows(InvalidSafetensorsException.class, () -> TensorSource.openFolder(folder));
    assertTrue(
        String.valueOf(error.getMessage())
            .endsWith("it must hold model.safetensors or model.safetensors.index.json"));
  }

  private static String tensor(String dtype, String shape, long begin, long end) {
    return "{\"t\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}}"
        .formatted(dtype, shape, begin, end);
  }

  private void refused(String part, String header, int dataBytes) throws IOException {
    refused(part, header.length(), header, dataBytes);
  }

  private void refused(String part, long headerBytes, String header, int dataBytes)
      throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(headerBytes).put(json);
    Path file = Files.write(folder.resolve("damaged.safetensors"), bytes.array());
    var error =
        assertThrows(InvalidSafetensorsException.class, () -> SafetensorsFile.open(file), part);
    assertTrue(String.valueOf(error.getMessage()).contains(part), error.getMessage());
  }
}
