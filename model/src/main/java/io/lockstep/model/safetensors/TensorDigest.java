package io.lockstep.model.safetensors;

import io.lockstep.data.file.Sha256;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 over tensors, independent of the file's layout and metadata.
 *
 * <p>For every tensor in {@link TensorInfo#NAME_ORDER}: the UTF-8 name, a zero byte, the dtype's
 * name, a zero byte, the dimensions in decimal joined by commas (nothing for a scalar), a zero
 * byte, then the row-major little-endian data.
 */
public final class TensorDigest {
  private static final long CHUNK = 1L << 26;

  private final MessageDigest sha256;
  private @Nullable String last;

  /** A digest of no tensors yet. */
  public TensorDigest() {
    sha256 = Sha256.begin();
  }

  /** The digest of all tensors of a file or folder as 64 hexadecimal digits. */
  public static String sha256(TensorSource tensors) {
    TensorDigest digest = new TensorDigest();
    for (String name : tensors.names()) {
      digest.update(tensors.info(name), tensors.data(name));
    }
    return digest.hex();
  }

  /**
   * Adds a tensor that comes after all added before it.
   *
   * @throws IllegalArgumentException if names do not ascend or the data has another size
   */
  public void update(TensorInfo info, MemorySegment data) {
    if (last != null && TensorInfo.NAME_ORDER.compare(last, info.name()) >= 0) {
      throw new IllegalArgumentException(
          "Tensors must be digested in ascending order of names, but %s follows %s"
              .formatted(info.name(), last));
    }
    if (data.byteSize() != info.bytes()) {
      throw new IllegalArgumentException(
          "Tensor %s has %d bytes but %d were given"
              .formatted(info.name(), info.bytes(), data.byteSize()));
    }
    last = info.name();
    text(info.name());
    text(info.dtype().name());
    text(info.shape().stream().map(String::valueOf).collect(Collectors.joining(",")));
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      sha256.update(data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer());
    }
  }

  /** Ends the digest: 64 hexadecimal digits. */
  public String hex() {
    return Sha256.hex(sha256);
  }

  private void text(String text) {
    sha256.update(text.getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
  }
}
