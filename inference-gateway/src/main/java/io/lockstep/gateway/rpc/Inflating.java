package io.lockstep.gateway.rpc;

import io.grpc.Codec;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Takes compressed messages up to a length that is known beforehand. Pictures are compressed
 * already; a text that is longer is not one for a model.
 */
final class Inflating implements Decompressor {

  /** Longest message after inflating. */
  static final int MOST_BYTES = 4 << 20;

  private final Decompressor gzip = new Codec.Gzip();

  private Inflating() {}

  /** What this gateway understands: no compression, and gzip within the limit. */
  static DecompressorRegistry registry() {
    return DecompressorRegistry.emptyInstance()
        .with(Codec.Identity.NONE, false)
        .with(new Inflating(), true);
  }

  @Override
  public String getMessageEncoding() {
    return gzip.getMessageEncoding();
  }

  @Override
  public InputStream decompress(InputStream compressed) throws IOException {
    return new FilterInputStream(gzip.decompress(compressed)) {
      private long count;

      @Override
      public int read() throws IOException {
        int value = super.read();
        count(value < 0 ? 0 : 1);
        return value;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        int read = super.read(into, offset, length);
        count(Math.max(read, 0));
        return read;
      }

      private void count(int more) {
        count += more;
        if (count > MOST_BYTES) {
          throw Statuses.exhausted(
              "a compressed message has more than %d bytes when it is inflated; send it without compression"
                  .formatted(MOST_BYTES));
        }
      }
    };
  }
}
