package io.lockstep.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.tensor.Dtype;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every backend gets from the port itself. */
class CollectiveTest {

  /** Rank 0 of 2, whose peer sends ones. */
  private static final class Ones implements Collective {
    private final List<String> aborted = new ArrayList<>();

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int size() {
      return 2;
    }

    @Override
    public long generation() {
      return 1;
    }

    @Override
    public long sentBytes() {
      return 0;
    }

    @Override
    public void exchange(long tag, List<Transfer> sends, List<Transfer> receives) {
      for (Transfer receive : receives) {
        for (long i = 0; i < receive.memory().elements(); i++) {
          receive.memory().floats().set(i, 1);
        }
      }
    }

    @Override
    public void abort(String reason) {
      aborted.add(reason);
    }

    @Override
    public void close() {}
  }

  private static PieceStreams streams(PieceStreams.Sink sink) {
    return new PieceStreams(Dtype.FLOAT32, 3, List.of(new PieceStreams.Source(1, 0)), sink);
  }

  @Test
  void aBackendWithoutPiecesGivesWholeMessages() {
    List<Float> seen = new ArrayList<>();
    new Ones()
        .exchange(
            5,
            List.of(),
            List.of(),
            streams((offset, pieces) -> {
              for (long i = 0; i < pieces.getFirst().elements(); i++) {
                seen.add(pieces.getFirst().floats().get(i));
              }
            }));
    assertEquals(List.of(1f, 1f, 1f), seen);
  }

  @Test
  void whatTheSinkThrowsEndsTheCollective() {
    Ones ones = new Ones();
    IllegalStateException failure = new IllegalStateException("no room");
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                ones.exchange(
                    5,
                    List.of(),
                    List.of(),
                    streams((offset, pieces) -> {
                      throw failure;
                    })));
    assertSame(failure, thrown);
    assertEquals(1, ones.aborted.size());
    assertTrue(ones.aborted.getFirst().contains("no room"), ones.aborted::toString);
  }
}
