package io.lockstep.collective.nccl;

import static io.lockstep.collective.testing.LocalWorld.failureOf;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.NativeReduction;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.nccl.standin.StandIn;
import io.lockstep.collective.nccl.standin.StandInCuda;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.collective.testing.LocalWorld;
import io.lockstep.collective.testing.Memory;
import io.lockstep.collective.testing.Transport;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.IsolatedDevice;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What NCCL adds to the contract of every transport. */
@Timeout(60)
class NcclCollectiveTest {

  private static final int MIB = 1 << 20;

  private final IsolatedDevice device = IsolatedDevice.install();
  private final Arena arena = Arena.ofAuto();
  private final Memory memory = new Memory(arena, device);
  private final StandIn standIn = new StandIn(false).withPieces(MIB);

  @AfterEach
  void closeDevice() {
    device.close();
  }

  private LocalWorld connected(int size) throws Exception {
    return LocalWorld.connected(size, standIn);
  }

  // ---- order on the device

  @Test
  void whatIsSentIsWhatHasBeenComputedByThenAndPiecesStayUntilTheyAreUsed() throws Exception {
    try (LocalWorld world = connected(2)) {
      StandInCuda cuda = standIn.cuda();
      cuda.useDevice(0);
      long computation = cuda.createStream();
      standIn.computeOn(computation);
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        Transfer send = memory.transfer(other, 0, 5 * MIB);
        Buffer values = memory.filled(5 * MIB, collective.rank());
        // Queued before, computed after the exchange has begun.
        cuda.queue(
            computation,
            () -> {
              linger();
              var _ = send.memory().copyFrom(values);
            });
        List<Throwable> wrong = new ArrayList<>();
        collective.exchange(
            1,
            List.of(send),
            List.of(),
            new PieceStreams(
                Dtype.UINT8,
                5 * MIB,
                List.of(new PieceStreams.Source(other, 0)),
                device,
                (offset, pieces) ->
                    cuda.queue(
                        computation,
                        () -> {
                          linger();
                          try {
                            Memory.requireFilled(pieces.getFirst(), offset, other);
                          } catch (AssertionError e) {
                            wrong.add(e);
                          }
                        })));
        while (!cuda.isIdle(computation)) {
          linger();
        }
        assertEquals(List.of(), wrong);
      });
      cuda.destroyStream(computation);
    }
  }

  private static void linger() {
    try {
      Thread.sleep(Duration.ofMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatLiesOnTheDeviceIsNeverCopiedToTheHost() throws Exception {
    try (LocalWorld world = connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        collective.exchange(
            1,
            List.of(memory.transfer(other, 0, 3 * MIB)),
            List.of(memory.transfer(other, 0, 3 * MIB)));
      });
      assertEquals(0, device.bytesToHost() + device.bytesFromHost());
    }
  }

  @Test
  void bothEndsMayKeepAMessageElsewhere() throws Exception {
    Memory onHost = new Memory(arena, Devices.HOST);
    try (LocalWorld world = connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        Memory sends = collective.rank() == 0 ? onHost : memory;
        Memory receives = collective.rank() == 0 ? memory : onHost;
        List<Transfer> from = new ArrayList<>();
        List<Transfer> into = new ArrayList<>();
        for (int slot = 0; slot < 4; slot++) {
          long bytes = slot * 2L * MIB + 9;
          // Some on the device, some not, at both ends.
          from.add((slot % 2 == 0 ? sends : receives).filled(other, slot, bytes, slot));
          into.add((slot < 2 ? sends : receives).transfer(other, slot, bytes));
        }
        collective.exchange(1, from, into);
        for (Transfer each : into) {
          Memory.requireFilled(each.memory(), 0, each.slot());
        }
      });
    }
  }

  // ---- errors

  @Test
  void anErrorThatNcclReportsEndsTheExchangeWithItsWords() throws Exception {
    try (LocalWorld world = connected(3)) {
      // Rank 1 has said what it sends, and waits for rank 2: rank 0 waits in NCCL.
      Future<?> sender =
          world.start(
              1,
              collective ->
                  collective.exchange(
                      1, List.of(memory.transfer(0, 0, 64)), List.of(memory.transfer(2, 0, 64))));
      Future<?> waits =
          world.start(
              0,
              collective -> collective.exchange(1, List.of(), List.of(memory.transfer(1, 0, 64))));
      standIn.fail(0, NcclResult.SYSTEM_ERROR);
      CollectiveException failure = assertInstanceOf(CollectiveException.class, failureOf(waits));
      assertTrue(
          failure.reason().contains("NCCL reports: a call of the operating system failed")
              && failure.reason().contains("during tag 1"),
          failure.reason());
      assertEquals(1, failure.peer());
      world.ranks.get(2).abort("rank 0 is lost");
      assertInstanceOf(CollectiveException.class, failureOf(sender));
    }
  }

  @Test
  void ranksThatDoNotMeetAreGivenUp() throws Exception {
    Transport half = place -> place.rank() == 0 ? standIn.connect(place) : deaf(place);
    standIn.withMeeting(Duration.ofMillis(100));
    try (LocalWorld world = LocalWorld.listening(2, half)) {
      Future<Collective> deaf = world.connecting(1, 1);
      CollectiveException failure =
          assertInstanceOf(CollectiveException.class, failureOf(world.connecting(1, 0)));
      assertTrue(failure.reason().contains("was not made within"), failure.reason());
      assertTrue(failure.reason().contains("NCCL_SOCKET_IFNAME"), failure.reason());
      deaf.get().close();
    }
    assertEquals(0, standIn.held());
  }

  /** Is connected and hears the id, but makes no communicator. */
  private static Collective deaf(Transport.Place place) {
    TcpCollective connected = (TcpCollective) Transport.tcp().connect(place);
    Buffer id = Buffer.onHost(Arena.ofAuto(), Dtype.UINT8, 16 + NcclLibrary.UNIQUE_ID_BYTES);
    connected.exchange(Long.MIN_VALUE, List.of(), List.of(new Transfer(0, 0, id)));
    return connected;
  }

  @Test
  void aRankWithAnotherVersionIsRefusedByName() throws Exception {
    Transport other =
        place ->
            NcclCollective.connect(
                place.rank() == 1
                    ? Libraries.ofVersion(standIn.runtime(1), 22_703)
                    : standIn.runtime(0),
                place.listener(),
                place.token(),
                place.generation(),
                place.rank(),
                place.peers(),
                place.timeout(),
                NcclOptions.over(place.options()));
    try (LocalWorld world = LocalWorld.listening(2, other)) {
      Future<Collective> first = world.connecting(1, 0);
      CollectiveException failure =
          assertInstanceOf(CollectiveException.class, failureOf(world.connecting(1, 1)));
      assertEquals(
          "rank 0 has NCCL 2.29.3, this one 2.27.3: install the same version on all machines",
          failure.reason());
      assertInstanceOf(CollectiveException.class, failureOf(first));
    }
  }

  @Test
  void twoRanksOnOneDeviceAreRefused() throws Exception {
    Transport shared =
        place ->
            NcclCollective.connect(
                standIn.runtime(0),
                place.listener(),
                place.token(),
                place.generation(),
                place.rank(),
                place.peers(),
                place.timeout(),
                NcclOptions.over(place.options()));
    try (LocalWorld world = LocalWorld.listening(2, shared)) {
      Future<Collective> first = world.connecting(1, 0);
      Future<Collective> second = world.connecting(1, 1);
      for (Future<Collective> each : List.of(first, second)) {
        // One is told by NCCL, the other by the first, or its exchanges would be.
        try {
          each.get().close();
        } catch (ExecutionException refused) {
          assertInstanceOf(CollectiveException.class, refused.getCause());
        }
      }
      assertTrue(
          List.of(first, second).stream().anyMatch(each -> each.state() == Future.State.FAILED));
    }
  }

  @Test
  void generationsThatAreAbortedInFlightLeaveNothingBehind() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2, standIn)) {
      for (int generation = 1; generation <= 20; generation++) {
        world.connect(generation);
        List<Future<?>> running = new ArrayList<>();
        CountDownLatch underway = new CountDownLatch(2);
        CountDownLatch aborted = new CountDownLatch(1);
        for (int rank = 0; rank < 2; rank++) {
          int other = 1 - rank;
          running.add(
              world.start(
                  rank,
                  collective ->
                      collective.exchange(
                          1,
                          List.of(memory.transfer(other, 0, 4 * MIB)),
                          List.of(),
                          new PieceStreams(
                              Dtype.UINT8,
                              4 * MIB,
                              List.of(new PieceStreams.Source(other, 0)),
                              (offset, pieces) -> {
                                underway.countDown();
                                await(aborted);
                              }))));
        }
        underway.await();
        if (generation % 2 == 0) {
          world.ranks.get(0).abort("generation " + generation + " is over");
        } else {
          world.listeners.get(1).advanceTo(generation + 1, "generation " + generation + " is over");
        }
        aborted.countDown();
        for (Future<?> future : running) {
          assertInstanceOf(CollectiveException.class, failureOf(future));
        }
        world.ranks.forEach(Collective::close);
        assertEquals(0, standIn.held());
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- NCCL's own sums

  private Buffer floats(float... values) {
    Buffer made =
        Buffer.at(
            arena.allocate(4L * values.length, 4).address(), Dtype.FLOAT32, values.length, device);
    return made.copyFrom(Buffer.onHost(values));
  }

  private static NativeReduction nativeOf(Collective collective) {
    return collective.nativeReduction().orElseThrow();
  }

  @Test
  void ncclSumsForAllInPlace() throws Exception {
    for (int size = 1; size <= 3; size++) {
      int ranks = size;
      try (LocalWorld world = LocalWorld.connected(size, new StandIn(false))) {
        world.runAll(collective -> {
          Buffer values = floats(1 + collective.rank(), 10, -3);
          nativeOf(collective).allReduce(1, values);
          float first = ranks * (ranks + 1) / 2f;
          assertArrayEquals(
              new float[] {first, 10 * ranks, -3 * ranks}, values.toHost().floats().toArray());
        });
      }
    }
  }

  @Test
  void partsOfAnyLengthAreSummedAndGathered() throws Exception {
    for (int[] lengths : new int[][] {{4, 4, 4}, {5, 0, 2}, {0, 0, 0}}) {
      int total = Arrays.stream(lengths).sum();
      try (LocalWorld world = LocalWorld.connected(3, new StandIn(false))) {
        world.runAll(collective -> {
          float[] start = new float[total];
          for (int i = 0; i < total; i++) {
            start[i] = i + 100 * collective.rank();
          }
          Buffer values = floats(start);
          List<Buffer> parts = new ArrayList<>();
          int from = 0;
          for (int length : lengths) {
            parts.add(values.slice(from, length));
            from += length;
          }
          nativeOf(collective).reduceScatter(1, parts);
          int first = Arrays.stream(lengths).limit(collective.rank()).sum();
          float[] own = parts.get(collective.rank()).toHost().floats().toArray();
          for (int i = 0; i < own.length; i++) {
            assertEquals(3 * (first + i) + 300, own[i]);
          }
          nativeOf(collective).allGather(2, parts);
          float[] all = values.toHost().floats().toArray();
          for (int i = 0; i < total; i++) {
            assertEquals(3 * i + 300, all[i]);
          }
        });
      }
    }
  }

  @Test
  void ranksThatCallDifferentThingsAreToldSo() throws Exception {
    try (LocalWorld world = connected(2)) {
      Future<?> other =
          world.start(1, collective -> nativeOf(collective).allReduce(1, floats(1, 2)));
      CollectiveException failure =
          assertThrows(
              CollectiveException.class,
              () -> nativeOf(world.ranks.get(0)).allReduce(1, floats(1, 2, 3)));
      assertTrue(
          failure.reason().contains("has 8 bytes in part 0 of all-reduce where rank 0 has 12"),
          failure.reason());
      failureOf(other);
    }
  }

  @Test
  void memoryOfTheHostIsNotSummed() throws Exception {
    try (LocalWorld world = connected(1)) {
      Buffer onHost = Buffer.onHost(arena, Dtype.FLOAT32, 4);
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> nativeOf(world.ranks.getFirst()).allReduce(1, onHost));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("memory of its device alone"),
          refused.getMessage());
    }
  }

  @Test
  void tcpSumsNothing() throws Exception {
    try (LocalWorld world = LocalWorld.connected(1)) {
      assertTrue(world.ranks.getFirst().nativeReduction().isEmpty());
    }
  }

  // ---- what a process has

  @Test
  void whatIsMissingIsNamedInOneLineWithWhereItWasLookedFor() {
    switch (NcclSupport.load(0)) {
      case NcclSupport.Loaded loaded -> assertTrue(loaded.runtime().version().startsWith("2."));
      case NcclSupport.Missing missing -> {
        assertEquals(1, missing.why().lines().count(), missing.why());
        assertTrue(
            missing.why().matches("lib(cuda|cudart|nccl)\\.so.*LD_LIBRARY_PATH=.*")
                || missing.why().startsWith("no CUDA device"),
            missing.why());
      }
    }
    for (String library : Set.of("libcuda.so.1", "libcudart.so.13", "libnccl.so.2")) {
      String line = NcclSupport.missing(library);
      assertTrue(line.startsWith(library + " was not found: install "), line);
      assertFalse(line.contains("\n"), line);
    }
  }

  @Test
  void aProcessWithoutDeviceOrWithAnOldLibraryCanNotUseIt() {
    NcclRuntime runtime = standIn.runtime(0);
    assertInstanceOf(NcclSupport.Loaded.class, NcclSupport.check(runtime));
    assertMissing("NCCL 2.13.4 was found", Libraries.ofVersion(runtime, 21_304));
    assertMissing("no CUDA device 99: the process sees 8", standIn.runtime(99));
  }

  private static void assertMissing(String words, NcclRuntime runtime) {
    String why = assertInstanceOf(NcclSupport.Missing.class, NcclSupport.check(runtime)).why();
    assertTrue(why.contains(words), why);
  }
}
