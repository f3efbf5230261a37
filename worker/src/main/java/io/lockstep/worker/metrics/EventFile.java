package io.lockstep.worker.metrics;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.lockstep.data.file.FileWrites;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An event file as TensorBoard reads it: records of a length and a message {@code
 * tensorflow.Event}, each followed by its masked CRC-32C. Of the messages only the fields that are
 * needed here are written, by their public numbers.
 */
final class EventFile implements AutoCloseable {

  private static final String VERSION = "brain.Event:2";

  private static final int EVENT_WALL_TIME = 1;
  private static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE_VALUE = 2;
  private static final int SESSION_LOG_STATUS = 1;
  private static final int STATUS_START = 1;

  private static final int CRC_ROTATION = 15;
  private static final int CRC_DELTA = 0xa282ead8;
  private static final double NANOS = 1e9;

  private final OutputStream out;

  private EventFile(OutputStream out) {
    this.out = out;
  }

  /** Begins a file, which must not exist yet. */
  static EventFile create(Path path, Instant now) throws IOException {
    EventFile file = new EventFile(stream(path));
    file.event(now, event -> event.writeString(EVENT_FILE_VERSION, VERSION));
    return file;
  }

  private static OutputStream stream(Path path) throws IOException {
    try {
      return FileWrites.stream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw FileWrites.failure(path, e);
    }
  }

  /** Says that the run goes on with a step: what is there of it and of later ones is void. */
  void start(Instant now, long step) throws IOException {
    ByteString log = message(fields -> fields.writeEnum(SESSION_LOG_STATUS, STATUS_START));
    event(
        now,
        event -> {
          event.writeInt64(EVENT_STEP, step);
          event.writeBytes(EVENT_SESSION_LOG, log);
        });
  }

  /** Adds figures of a step, by their tags. */
  void scalars(Instant now, long step, Map<String, Double> values) throws IOException {
    ByteString summary =
        message(fields -> {
          for (Map.Entry<String, Double> each : values.entrySet()) {
            fields.writeBytes(SUMMARY_VALUE, scalar(each.getKey(), each.getValue()));
          }
        });
    event(
        now,
        event -> {
          event.writeInt64(EVENT_STEP, step);
          event.writeBytes(EVENT_SUMMARY, summary);
        });
  }

  private static ByteString scalar(String tag, double value) throws IOException {
    return message(fields -> {
      fields.writeString(VALUE_TAG, tag);
      fields.writeFloat(VALUE_SIMPLE_VALUE, (float) value);
    });
  }

  /** Writes an event whole and hands it to the operating system. */
  private void event(Instant now, Fields more) throws IOException {
    byte[] event =
        message(
                fields -> {
                  fields.writeDouble(EVENT_WALL_TIME, now.getEpochSecond() + now.getNano() / NANOS);
                  more.write(fields);
                })
            .toByteArray();
    byte[] length = littleEndian(Long.BYTES).putLong(event.length).array();
    out.write(
        littleEndian(Long.BYTES + Integer.BYTES + event.length + Integer.BYTES)
            .put(length)
            .putInt(maskedCrc(length))
            .put(event)
            .putInt(maskedCrc(event))
            .array());
    out.flush();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), CRC_ROTATION) + CRC_DELTA;
  }

  private static ByteString message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream coded = CodedOutputStream.newInstance(bytes);
    fields.write(coded);
    coded.flush();
    return ByteString.copyFrom(bytes.toByteArray());
  }

  /** Writes the fields of a message. */
  @FunctionalInterface
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
