package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.collective.Collective;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.PieceStreams.Source;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.testing.Bytes;
import io.lockstep.collective.testing.LocalWorld;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class StreamsTest {

  private static final long BYTES = 5_000_008;

  private final Arena arena = Arena.ofAuto();

  /** As many streams as a rank may get with one, and with more than may lie in shared memory. */
  @ParameterizedTest
  @CsvSource({"2, 1, false", "2, 1, true", "3, 2, false", "3, 2, true", "2, 11, true"})
  void allStreamsArriveTogetherInOrderAndWhole(int size, int slots, boolean sharedMemory)
      throws Exception {
    try (LocalWorld world = LocalWorld.listening(size)) {
      world.options = world.options.withSharedMemory(sharedMemory);
      world.connect(1);
      world.runAll(collective -> {
        for (long tag = 1; tag <= 3; tag++) {
          stream(collective, slots, tag);
        }
      });
    }
  }

  private void stream(Collective collective, int slots, long tag) {
    List<Transfer> sends = new ArrayList<>();
    List<Source> sources = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      for (int slot = 0; slot < slots && peer != collective.rank(); slot++) {
        MemorySegment memory = arena.allocate(BYTES, Long.BYTES);
        for (long i = 0; i < BYTES / Long.BYTES; i++) {
          memory.setAtIndex(ValueLayout.JAVA_LONG, i, word(collective.rank(), slot, tag, i));
        }
        sends.add(Bytes.transfer(peer, slot, memory));
        sources.add(new Source(peer, slot));
      }
    }
    long[] next = {0};
    PieceStreams streams =
        Bytes.streams(
            BYTES,
            sources,
            (offset, pieces) -> {
              assertEquals(next[0], offset);
              next[0] += pieces.getFirst().bytes();
              for (int i = 0; i < sources.size(); i++) {
                assertPiece(sources.get(i), tag, offset, pieces.get(i).hostBytes());
              }
            });
    collective.exchange(tag, sends, List.of(), streams);
    assertEquals(BYTES, next[0]);
  }

  private static void assertPiece(Source source, long tag, long offset, MemorySegment piece) {
    for (long i = 0; i < piece.byteSize() / Long.BYTES; i++) {
      long expected = word(source.peer(), source.slot(), tag, offset / Long.BYTES + i);
      if (expected != piece.getAtIndex(ValueLayout.JAVA_LONG, i)) {
        throw new AssertionError(source + " differs at word " + (offset / Long.BYTES + i));
      }
    }
  }

  private static long word(int rank, int slot, long tag, long index) {
    return index << 32 | tag << 16 | rank << 8 | slot;
  }
}
