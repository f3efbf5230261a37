package io.lockstep.collective.testing;

import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Exchanges of plain bytes. */
public final class Bytes {

  private Bytes() {}

  public static Buffer of(MemorySegment memory) {
    return Buffer.onHost(memory, Dtype.UINT8);
  }

  public static Transfer transfer(int peer, int slot, MemorySegment memory) {
    return new Transfer(peer, slot, of(memory));
  }

  public static PieceStreams streams(
      long bytes, List<PieceStreams.Source> sources, PieceStreams.Sink sink) {
    return new PieceStreams(Dtype.UINT8, bytes, sources, sink);
  }
}
