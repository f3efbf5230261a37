package io.lockstep.collective;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import java.util.List;

/**
 * Messages of equal length whose bytes are worked on as they arrive and not kept: what a reduction
 * needs, in the memory of a few pieces however long the messages are.
 *
 * @param dtype type of the elements
 * @param elements number of elements of each message
 * @param sources where the messages come from; not the own rank
 * @param device where the sink takes pieces besides host memory: a transport that has them there
 *     already need not copy them
 * @param sink takes the pieces of all messages together
 */
public record PieceStreams(
    Dtype dtype, long elements, List<Source> sources, Device device, Sink sink) {

  /** No stream at all. */
  public static final PieceStreams NONE =
      new PieceStreams(
          Dtype.UINT8,
          0,
          List.of(),
          (offset, pieces) -> {
            throw new IllegalStateException("no stream has no pieces");
          });

  /**
   * A message, named as in {@link Transfer}.
   *
   * @param peer rank that sends it
   * @param slot its slot
   */
  public record Source(int peer, int slot) {}

  /** Streams whose pieces are taken in host memory. */
  public PieceStreams(Dtype dtype, long elements, List<Source> sources, Sink sink) {
    this(dtype, elements, sources, Devices.HOST, sink);
  }

  public PieceStreams {
    sources = List.copyOf(sources);
    if (elements < 0) {
      throw new IllegalArgumentException("streams of %d elements".formatted(elements));
    }
  }

  /** Length of each message in bytes. */
  public long bytes() {
    return dtype.bytes(elements);
  }

  /**
   * Takes messages piece by piece while their later bytes still arrive; see {@link PieceStreams}.
   */
  @FunctionalInterface
  public interface Sink {

    /**
     * Takes the next piece of every stream. Called in ascending order without gaps, by the thread
     * that called the exchange.
     *
     * @param offset where in the messages the pieces begin, in elements
     * @param pieces one per stream, in the order of {@link PieceStreams#sources()}, all of the same
     *     length, all in host memory or all on the streams' device; they may be written to and are
     *     gone once this, and what it has queued on that device, is done
     */
    void accept(long offset, List<Buffer> pieces);
  }
}
