package io.lockstep.model.safetensors;

import io.lockstep.data.file.FileWrites;
import io.lockstep.data.file.Sha256;
import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes a safetensors file tensor by tensor, in any order, holding none of them.
 *
 * <p>What is written in the order of the file, which is that of names if all tensors have one type,
 * is hashed on the way.
 *
 * <p>The target appears complete and synced to disk at {@link #commit}, or not at all: until then
 * everything goes to a file beside it that {@link #close} removes.
 */
public final class SafetensorsWriter implements AutoCloseable {

  /** What is hashed and then written at once: it stays in the caches in between. */
  private static final long CHUNK = 1L << 20;

  private final Path target;
  private final Path partial;
  private final FileChannel channel;
  private final Header header;
  private final long dataBegin;
  private final Set<String> missing = new TreeSet<>(TensorInfo.NAME_ORDER);
  private final MessageDigest digest = Sha256.begin();

  /** Bytes from the file's begin that are in the digest. */
  private long hashed;

  private SafetensorsWriter(
      Path target, Path partial, FileChannel channel, Header header, long dataBegin) {
    this.target = target;
    this.partial = partial;
    this.channel = channel;
    this.header = header;
    this.dataBegin = dataBegin;
    this.missing.addAll(header.entries().keySet());
  }

  /** Begins a file of these tensors with the metadata that the public libraries expect. */
  public static SafetensorsWriter create(Path target, List<TensorInfo> tensors) throws IOException {
    return create(target, tensors, Map.of("format", "pt"));
  }

  /** Begins a file of these tensors; data is laid out by element width, then name. */
  public static SafetensorsWriter create(
      Path target, List<TensorInfo> tensors, Map<String, String> metadata) throws IOException {
    Header header = Header.layOut(tensors, metadata);
    byte[] json = header.encode();
    Path partial = target.resolveSibling("." + target.getFileName() + ".partial");
    FileChannel channel =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    long dataBegin = SafetensorsFile.LENGTH_BYTES + json.length;
    SafetensorsWriter writer = new SafetensorsWriter(target, partial, channel, header, dataBegin);
    try {
      ByteBuffer prefix = ByteBuffer.allocate((int) dataBegin).order(ByteOrder.LITTLE_ENDIAN);
      prefix.putLong(json.length).put(json).flip();
      writer.writeFully(prefix, 0);
    } catch (IOException | RuntimeException e) {
      writer.close();
      throw e;
    }
    return writer;
  }

  /**
   * Writes one tensor's little-endian bytes.
   *
   * @throws IllegalArgumentException if the tensor was not announced, was written before, or the
   *     number of bytes is not its size
   */
  public void write(String name, MemorySegment data) throws IOException {
    if (!missing.contains(name)) {
      throw new IllegalArgumentException(
          "Tensor %s of %s was not announced or is already written".formatted(name, target));
    }
    Header.Entry entry = header.entries().get(name);
    if (entry == null || entry.info().bytes() != data.byteSize()) {
      throw new IllegalArgumentException(
          "Tensor %s of %s needs %s but %d bytes were given"
              .formatted(name, target, entry, data.byteSize()));
    }
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      long length = Math.min(CHUNK, data.byteSize() - at);
      writeFully(data.asSlice(at, length).asByteBuffer(), dataBegin + entry.offset() + at);
    }
    missing.remove(name);
  }

  /** Writes one tensor's values, from whatever device they lie on. */
  public void write(String name, Buffer values) throws IOException {
    Buffer host = values.toHost();
    // Arrays of floats are no source of bytes for files.
    write(name, host.isOnHeap() ? MemorySegment.ofArray(host.toByteArray()) : host.hostBytes());
  }

  /** Writes one tensor's values as they are stored. */
  public void write(String name, StoredValues values) throws IOException {
    write(name, values.values());
  }

  /** Writes the remaining bytes of the buffer, which must be a tensor's little-endian data. */
  public void write(String name, ByteBuffer data) throws IOException {
    write(name, MemorySegment.ofBuffer(data));
  }

  /**
   * Syncs the file and gives it its name.
   *
   * @return the file, with the hash of its content
   * @throws IllegalStateException if a tensor was not written
   */
  public StoredFile commit() throws IOException {
    if (!missing.isEmpty()) {
      throw new IllegalStateException(target + " still lacks the tensors " + missing);
    }
    try {
      channel.force(true);
      channel.close();
    } catch (IOException e) {
      throw FileWrites.failure(target, e);
    }
    Files.move(
        partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel folder =
        FileChannel.open(target.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      folder.force(true);
    }
    long bytes = dataBegin + header.dataBytes();
    String sha256 = hashed == bytes ? Sha256.hex(digest) : Sha256.of(target);
    return new StoredFile(String.valueOf(target.getFileName()), bytes, sha256);
  }

  /** Removes what was written unless it was committed. */
  @Override
  public void close() {
    try {
      if (channel.isOpen()) {
        channel.close();
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + partial, e);
    }
  }

  private void writeFully(ByteBuffer buffer, long position) throws IOException {
    if (position == hashed) {
      hashed += buffer.remaining();
      digest.update(buffer.duplicate());
    }
    long at = position;
    try {
      while (buffer.hasRemaining()) {
        at += channel.write(buffer, at);
      }
    } catch (IOException e) {
      throw FileWrites.failure(target, e);
    }
  }
}
