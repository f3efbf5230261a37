package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.PieceStreams.Source;
import io.lockstep.collective.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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

  private void stream(TcpCollective collective, int slots, long tag) {
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

  @Test
  void streamsAndTransfersOfDifferentLengthsMix() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        MemorySegment out = arena.allocate(BYTES).fill((byte) (7 + collective.rank()));
        MemorySegment in = arena.allocate(100);
        long[] seen = {0};
        collective.exchange(
            1,
            List.of(Bytes.transfer(other, 0, out.asSlice(0, 100)), Bytes.transfer(other, 1, out)),
            List.of(Bytes.transfer(other, 0, in)),
            Bytes.streams(
                BYTES,
                List.of(new Source(other, 1)),
                (offset, pieces) -> seen[0] += pieces.getFirst().bytes()));
        assertEquals(BYTES, seen[0]);
        assertEquals(7 + other, in.get(ValueLayout.JAVA_BYTE, 99));
      });
    }
  }

  @Test
  void emptyStreamsEnd() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        collective.exchange(
            1,
            List.of(Bytes.transfer(other, 0, arena.allocate(0))),
            List.of(),
            Bytes.streams(
                0,
                List.of(new Source(other, 0)),
                (offset, pieces) -> {
                  throw new AssertionError("a piece of nothing");
                }));
      });
    }
  }

  @Test
  void whatTheSinkThrowsIsThrownAndEndsTheCollective() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      IllegalStateException thrown = new IllegalStateException("no");
      MemorySegment out = arena.allocate(BYTES);
      Future<?> other =
          world.start(
              1,
              collective -> {
                collective.exchange(
                    1,
                    List.of(Bytes.transfer(0, 0, out)),
                    List.of(Bytes.transfer(0, 0, arena.allocate(8))));
              });
      assertSame(
          thrown,
          assertThrows(
              IllegalStateException.class,
              () ->
                  world
                      .ranks
                      .get(0)
                      .exchange(
                          1,
                          List.of(),
                          List.of(),
                          Bytes.streams(
                              BYTES,
                              List.of(new Source(1, 0)),
                              (offset, pieces) -> {
                                throw thrown;
                              }))));
      assertThrows(
          CollectiveException.class, () -> world.ranks.get(0).exchange(2, List.of(), List.of()));
      assertThrows(Exception.class, other::get);
    }
  }

  @Test
  void streamsThatCannotBeMeantAreRefused() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      for (List<Source> wrong :
          List.of(
              List.of(new Source(0, 0)),
              List.of(new Source(2, 0)),
              IntStream.range(0, 2).mapToObj(i -> new Source(1, 0)).toList())) {
        PieceStreams streams = Bytes.streams(8, wrong, (offset, pieces) -> {});
        assertThrows(
            IllegalArgumentException.class,
            () -> world.ranks.get(0).exchange(1, List.of(), List.of(), streams));
      }
    }
  }
}
