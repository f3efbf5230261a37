package io.lockstep.collective.tcp;

import static io.lockstep.collective.testing.LocalWorld.failureOf;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.PieceStreams.Source;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.testing.Bytes;
import io.lockstep.collective.testing.LocalWorld;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LeakTest {

  private static final int WARM_UP = 20;
  private static final int GENERATIONS = 200;
  private static final int BYTES = 2 << 20;

  /** The allocator keeps memory in chunks of this size at most. */
  private static final long ALLOCATOR_SLACK = 8 << 20;

  private final Arena arena = Arena.ofAuto();

  /** What a process has open. */
  private record Holdings(long files, long mappings, long threads, long directBytes) {

    static Holdings now() throws IOException {
      var metrics = ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
      return new Holdings(
          count(Path.of("/proc/self/fd")),
          Files.readAllLines(Path.of("/proc/self/maps")).stream()
              .filter(line -> line.contains("/lockstep-"))
              .count(),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          metrics.usedDirectMemory());
    }

    private static long count(Path folder) throws IOException {
      try (Stream<Path> entries = Files.list(folder)) {
        return entries.count();
      }
    }

    boolean isNoMoreThan(Holdings before) {
      return files <= before.files
          && mappings <= before.mappings
          && threads <= before.threads
          && directBytes <= before.directBytes + ALLOCATOR_SLACK;
    }
  }

  @Test
  void generationsThatAreAbortedInFlightLeaveNothingBehind() throws Exception {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")));
    try (LocalWorld world = LocalWorld.listening(2)) {
      for (int generation = 1; generation <= WARM_UP; generation++) {
        connectAndAbort(world, generation);
      }
      Holdings before = Holdings.now();
      for (int generation = 1; generation <= GENERATIONS; generation++) {
        connectAndAbort(world, WARM_UP + generation);
      }
      Holdings after = Holdings.now();
      // The other side's sockets close a moment after its exchange has failed.
      while (!after.isNoMoreThan(before) && !Thread.interrupted()) {
        Thread.onSpinWait();
        after = Holdings.now();
      }
      assertTrue(after.isNoMoreThan(before), before + " became " + after);
    }
  }

  /** Both ranks are in the middle of an exchange when rank 0 is aborted by another thread. */
  private void connectAndAbort(LocalWorld world, long generation) throws Exception {
    world.connect(generation);
    List<Future<?>> running = new ArrayList<>();
    CountDownLatch underway = new CountDownLatch(1);
    for (int rank = 0; rank < 2; rank++) {
      int other = 1 - rank;
      MemorySegment out = arena.allocate(BYTES);
      running.add(
          world.start(
              rank,
              collective -> {
                PieceStreams streams =
                    Bytes.streams(
                        BYTES, List.of(new Source(other, 0)), (at, pieces) -> underway.countDown());
                // Slot 1 is never sent.
                Transfer never = Bytes.transfer(other, 1, out.asSlice(0, 8));
                collective.exchange(
                    1, List.of(Bytes.transfer(other, 0, out)), List.of(never), streams);
              }));
    }
    underway.await();
    world.ranks.get(0).abort("generation " + generation + " is over");
    for (Future<?> future : running) {
      assertInstanceOf(CollectiveException.class, failureOf(future));
    }
    world.ranks.get(1).close();
  }
}
