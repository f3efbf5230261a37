package io.lockstep.model.safetensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SortedMap;

/**
 * A safetensors file mapped into memory; pages are read when touched.
 *
 * <p>May be read by several threads. After {@link #close} any access to its segments throws.
 */
public final class SafetensorsFile implements TensorSource {
  static final long LENGTH_BYTES = 8;
  static final long MAX_HEADER_BYTES = 100_000_000;
  static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final MemorySegment data;
  private final Header header;

  private SafetensorsFile(Path path, Arena arena, MemorySegment data, Header header) {
    this.path = path;
    this.arena = arena;
    this.data = data;
    this.header = header;
  }

  /**
   * Maps the file and checks its header: every byte of data belongs to exactly one tensor of a
   * known type.
   *
   * @throws InvalidSafetensorsException if the file does not follow the format
   */
  @SuppressWarnings("MustBeClosedChecker")
  public static SafetensorsFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < LENGTH_BYTES) {
        throw new InvalidSafetensorsException(path, "is too short to be a safetensors file");
      }
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena).asReadOnly();
      long headerBytes = all.get(LENGTH, 0);
      if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - LENGTH_BYTES) {
        throw new InvalidSafetensorsException(
            path, "claims a header of " + headerBytes + " bytes; it is not a safetensors file");
      }
      byte[] json = all.asSlice(LENGTH_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
      long begin = LENGTH_BYTES + headerBytes;
      Header header = Header.decode(path, json, size - begin);
      return new SafetensorsFile(path, arena, all.asSlice(begin), header);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public List<String> names() {
    return List.copyOf(header.entries().keySet());
  }

  @Override
  public boolean contains(String name) {
    return header.entries().containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return entry(name).info();
  }

  @Override
  public MemorySegment data(String name) {
    Header.Entry entry = entry(name);
    return data.asSlice(entry.offset(), entry.info().bytes());
  }

  /** Free texts of the header. */
  public SortedMap<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public void close() {
    arena.close();
  }

  private Header.Entry entry(String name) {
    Header.Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new IllegalArgumentException(path + " holds no tensor " + name);
    }
    return entry;
  }
}
