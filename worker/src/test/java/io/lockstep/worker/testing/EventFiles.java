package io.lockstep.worker.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads event files by their public description alone, and checks their checksums. */
public final class EventFiles {

  private static final int POLYNOMIAL = 0x82f63b78;

  private EventFiles() {}

  /**
   * An event.
   *
   * @param version of the file; empty in all events but the first
   * @param start whether the run goes on with this step
   */
  public record Event(
      double wallTime, long step, String version, boolean start, Map<String, Float> scalars) {}

  /** The files of a folder in the order in which they are read. */
  public static List<Path> in(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** What is shown of a tag: each file in turn, without what later events void. */
  public static Map<Long, Float> shown(Path folder, String tag) throws IOException {
    TreeMap<Long, Float> shown = new TreeMap<>();
    for (Path file : in(folder)) {
      for (Event event : read(file)) {
        if (event.start()) {
          shown.tailMap(event.step(), true).clear();
        }
        Float value = event.scalars().get(tag);
        if (value != null) {
          assertNull(shown.put(event.step(), value), "step " + event.step() + " again");
        }
      }
    }
    return shown;
  }

  /** All events of a file. */
  public static List<Event> read(Path file) throws IOException {
    ByteBuffer bytes = littleEndian(Files.readAllBytes(file));
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = take(bytes, Long.BYTES);
      assertEquals(maskedCrc(length), bytes.getInt(), "checksum of a length");
      byte[] event = take(bytes, Math.toIntExact(littleEndian(length).getLong()));
      assertEquals(maskedCrc(event), bytes.getInt(), "checksum of an event");
      events.add(event(littleEndian(event)));
    }
    return events;
  }

  private static Event event(ByteBuffer message) {
    double wallTime = 0;
    long step = 0;
    String version = "";
    boolean start = false;
    Map<String, Float> scalars = new TreeMap<>();
    for (Field field : fields(message)) {
      switch (field.number()) {
        case 1 -> wallTime = field.bytes().getDouble();
        case 2 -> step = field.value();
        case 3 -> version = field.text();
        case 5 -> fields(field.bytes()).forEach(value -> putScalar(value, scalars));
        case 7 -> start = isStart(fields(field.bytes()));
        default -> throw new AssertionError("field " + field.number());
      }
    }
    return new Event(wallTime, step, version, start, scalars);
  }

  private static boolean isStart(List<Field> fields) {
    Field status = fields.getFirst();
    return status.number() == 1 && status.value() == 1;
  }

  private static void putScalar(Field value, Map<String, Float> scalars) {
    assertEquals(1, value.number());
    List<Field> fields = fields(value.bytes());
    assertEquals(List.of(1, 2), fields.stream().map(Field::number).toList());
    scalars.put(fields.get(0).text(), fields.get(1).bytes().getFloat());
  }

  private record Field(int number, long value, ByteBuffer bytes) {
    String text() {
      return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
  }

  private static List<Field> fields(ByteBuffer bytes) {
    List<Field> fields = new ArrayList<>();
    while (bytes.hasRemaining()) {
      long key = varint(bytes);
      int number = (int) (key >>> 3);
      switch ((int) key & 7) {
        case 0 -> fields.add(new Field(number, varint(bytes), ByteBuffer.allocate(0)));
        case 1 -> fields.add(new Field(number, 0, littleEndian(take(bytes, Long.BYTES))));
        case 2 -> fields.add(new Field(number, 0, littleEndian(take(bytes, (int) varint(bytes)))));
        case 5 -> fields.add(new Field(number, 0, littleEndian(take(bytes, Integer.BYTES))));
        default -> throw new AssertionError("wire type of " + key);
      }
    }
    return fields;
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    int shift = 0;
    while (true) {
      byte next = bytes.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
      shift += 7;
    }
  }

  private static byte[] take(ByteBuffer bytes, int count) {
    byte[] taken = new byte[count];
    bytes.get(taken);
    return taken;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int maskedCrc(byte[] bytes) {
    int crc = -1;
    for (byte next : bytes) {
      crc ^= next & 0xff;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL);
      }
    }
    crc = ~crc;
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }
}
