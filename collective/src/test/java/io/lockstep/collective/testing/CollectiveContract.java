package io.lockstep.collective.testing;

import static io.lockstep.collective.testing.LocalWorld.failureOf;
import static io.lockstep.collective.testing.Memory.requireFilled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.PieceStreams.Source;
import io.lockstep.collective.Stall;
import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every transport does, whatever it is made of and wherever messages lie. */
@Timeout(60)
public abstract class CollectiveContract {

  private static final long MIB = 1 << 20;
  private static final long GIB = 1 << 30;
  private static final Duration STALL_AFTER = Duration.ofMillis(60);

  private final BlockingQueue<Stall> stalls = new LinkedBlockingQueue<>();

  /** A transport of its own for each world. */
  protected abstract Transport transport();

  /** Where messages lie. */
  protected abstract Memory memory();

  private LocalWorld connected(int size) throws Exception {
    return LocalWorld.connected(size, transport());
  }

  private LocalWorld tellingStalls(int size) throws Exception {
    LocalWorld world = LocalWorld.listening(size, transport());
    world.options =
        world
            .options
            .withExchangeNames(tag -> "step " + tag / 2 + ", phase " + tag % 2)
            .withStalls(STALL_AFTER, stalls::add);
    world.connect(1);
    return world;
  }

  // ---- what is moved

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void allGatherGivesEveryRankTheMemoryOfAll(int size) throws Exception {
    try (LocalWorld world = connected(size)) {
      world.runAll(collective -> {
        Buffer[] parts = new Buffer[size];
        for (int rank = 0; rank < size; rank++) {
          parts[rank] =
              rank == collective.rank()
                  ? memory().filled(1000 + rank, rank)
                  : memory().allocate(1000 + rank);
        }
        collective.allGather(5, parts);
        for (int rank = 0; rank < size; rank++) {
          requireFilled(parts[rank], 0, rank);
        }
      });
    }
  }

  @Test
  void messagesOfAnyLengthArriveAsTheyAre() throws Exception {
    try (LocalWorld world = connected(2)) {
      for (long bytes : new long[] {0, 1, 7, 8, 4096, 262_143, 262_144, 262_145, 3_000_008}) {
        world.runAll(collective -> swap(collective, bytes, bytes));
      }
      world.runAll(collective -> swap(collective, GIB, 5 * MIB + 5));
    }
  }

  private void swap(Collective collective, long tag, long bytes) {
    int other = 1 - collective.rank();
    Transfer in = memory().transfer(other, 3, bytes);
    collective.exchange(
        tag, List.of(memory().filled(other, 3, bytes, collective.rank())), List.of(in));
    requireFilled(in.memory(), 0, other);
  }

  /** Messages that lie in the same memory, so that it takes no more than one of them. */
  @Test
  @Tag("large")
  void aGibibyteInOneExchangeIsTakenPieceByPiece() throws Exception {
    int messages = 16;
    long bytes = GIB / messages;
    try (LocalWorld world = connected(2)) {
      Buffer out = memory().filled(bytes, 3);
      Future<?> sender =
          world.start(
              1,
              collective ->
                  collective.exchange(
                      1,
                      IntStream.range(0, messages)
                          .mapToObj(slot -> new Transfer(0, slot, out))
                          .toList(),
                      List.of()));
      long[] seen = {0};
      world
          .ranks
          .get(0)
          .exchange(
              1,
              List.of(),
              List.of(),
              streams(
                  bytes,
                  IntStream.range(0, messages).mapToObj(slot -> new Source(1, slot)).toList(),
                  (offset, pieces) -> {
                    assertEquals(seen[0], messages * offset);
                    requireFilled(pieces.getLast(), offset, 3);
                    seen[0] += messages * pieces.getFirst().bytes();
                  }));
      assertEquals(GIB, seen[0]);
      sender.get();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void slotsArriveWhereTheyBelongEmptyOnesToo(int size) throws Exception {
    try (LocalWorld world = connected(size)) {
      world.runAll(collective -> {
        List<Transfer> sends = new ArrayList<>();
        List<Transfer> receives = new ArrayList<>();
        for (int peer = 0; peer < size; peer++) {
          for (int slot = 0; slot < 5; slot++) {
            // Slot 0 carries no bytes; receives are posted in the other order.
            sends.add(memory().filled(peer, slot, slot * 300L, 10 * collective.rank() + slot));
            receives.addFirst(memory().transfer(peer, slot, slot * 300L));
          }
        }
        collective.exchange(9, sends, receives);
        for (Transfer receive : receives) {
          requireFilled(receive.memory(), 0, 10 * receive.peer() + receive.slot());
        }
      });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void allRanksSendLargeMemoryToEachOtherAtTheSameTime(int size) throws Exception {
    try (LocalWorld world = connected(size)) {
      world.runAll(collective -> {
        Buffer mine = memory().filled(4 * MIB, collective.rank());
        List<Transfer> sends = new ArrayList<>();
        List<Transfer> receives = new ArrayList<>();
        for (int peer = 0; peer < size; peer++) {
          if (peer != collective.rank()) {
            sends.add(new Transfer(peer, 0, mine));
            receives.add(memory().transfer(peer, 0, 4 * MIB));
          }
        }
        collective.exchange(1, sends, receives);
        for (Transfer receive : receives) {
          requireFilled(receive.memory(), 0, receive.peer());
        }
      });
    }
  }

  @Test
  void whatIsAheadOfItsReceiveWaitsWithoutHoldingUpOtherPeers() throws Exception {
    try (LocalWorld world = connected(3)) {
      Buffer early = memory().filled(6 * MIB, 1);
      // Rank 1 is two exchanges ahead of rank 0.
      Future<?> ahead =
          world.start(
              1,
              collective -> {
                collective.exchange(2, List.of(new Transfer(0, 0, early)), List.of());
                collective.exchange(3, List.of(new Transfer(0, 0, early)), List.of());
              });
      Future<?> peer =
          world.start(
              2,
              collective ->
                  collective.exchange(1, List.of(memory().filled(0, 0, 8 * MIB, 2)), List.of()));
      Collective rank0 = world.ranks.get(0);
      Transfer small = memory().transfer(2, 0, 8 * MIB);
      rank0.exchange(1, List.of(), List.of(small));
      requireFilled(small.memory(), 0, 2);
      peer.get();
      for (long tag = 2; tag <= 3; tag++) {
        Transfer into = memory().transfer(1, 0, 6 * MIB);
        rank0.exchange(tag, List.of(), List.of(into));
        requireFilled(into.memory(), 0, 1);
      }
      ahead.get();
    }
  }

  @Test
  void manySmallExchangesInARowKeepTheirOrder() throws Exception {
    try (LocalWorld world = connected(2)) {
      world.runAll(collective -> {
        for (int tag = 1; tag <= 150; tag++) {
          int other = 1 - collective.rank();
          Transfer in = memory().transfer(other, 0, 8);
          collective.exchange(
              tag,
              List.of(memory().filled(other, 0, 8, 10 * tag + collective.rank())),
              List.of(in));
          requireFilled(in.memory(), 0, 10 * tag + other);
        }
      });
    }
  }

  @Test
  void whoClosesAtOnceTakesNothingFromAPeerThatStillReads() throws Exception {
    for (int round = 0; round < 3; round++) {
      try (LocalWorld world = connected(3)) {
        world.runAll(collective -> {
          try (collective) {
            if (collective.rank() == 2) {
              Buffer out = memory().filled(8 * MIB, 7);
              collective.exchange(
                  1, List.of(new Transfer(0, 0, out), new Transfer(1, 0, out)), List.of());
            } else {
              Transfer in = memory().transfer(2, 0, 8 * MIB);
              collective.exchange(1, List.of(), List.of(in));
              requireFilled(in.memory(), 0, 7);
            }
          }
        });
      }
    }
  }

  @Test
  void whatIsSentIsCounted() throws Exception {
    try (LocalWorld world = connected(2)) {
      world.runAll(collective -> {
        long before = collective.sentBytes();
        swap(collective, 1, MIB);
        long sent = collective.sentBytes() - before;
        assertTrue(sent >= MIB && sent < MIB + MIB / 100, sent + " bytes");
      });
    }
  }

  // ---- streams

  private PieceStreams streams(long bytes, List<Source> sources, PieceStreams.Sink sink) {
    return new PieceStreams(Dtype.UINT8, bytes, sources, memory().device(), sink);
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 2", "2, 11"})
  void allStreamsArriveTogetherInOrderAndWhole(int size, int slots) throws Exception {
    long bytes = 2_500_008;
    try (LocalWorld world = connected(size)) {
      world.runAll(collective -> {
        for (int tag = 1; tag <= 3; tag++) {
          List<Transfer> sends = new ArrayList<>();
          List<Source> sources = new ArrayList<>();
          for (int peer = 0; peer < size; peer++) {
            for (int slot = 0; slot < slots && peer != collective.rank(); slot++) {
              sends.add(memory().filled(peer, slot, bytes, seed(collective.rank(), slot, tag)));
              sources.add(new Source(peer, slot));
            }
          }
          int now = tag;
          long[] next = {0};
          collective.exchange(
              tag,
              sends,
              List.of(),
              streams(
                  bytes,
                  sources,
                  (offset, pieces) -> {
                    assertEquals(next[0], offset);
                    next[0] += pieces.getFirst().bytes();
                    for (int i = 0; i < sources.size(); i++) {
                      Source source = sources.get(i);
                      requireFilled(pieces.get(i), offset, seed(source.peer(), source.slot(), now));
                    }
                  }));
          assertEquals(bytes, next[0]);
        }
      });
    }
  }

  private static int seed(int rank, int slot, int tag) {
    return tag << 16 | rank << 8 | slot;
  }

  @Test
  void streamsAndMessagesOfDifferentLengthsMix() throws Exception {
    long bytes = 3 * MIB + 8;
    try (LocalWorld world = connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        Transfer in = memory().transfer(other, 0, 100);
        long[] seen = {0};
        collective.exchange(
            1,
            List.of(
                memory().filled(other, 0, 100, collective.rank()),
                memory().filled(other, 1, bytes, 9)),
            List.of(in),
            streams(
                bytes,
                List.of(new Source(other, 1)),
                (offset, pieces) -> {
                  requireFilled(pieces.getFirst(), offset, 9);
                  seen[0] += pieces.getFirst().bytes();
                }));
        assertEquals(bytes, seen[0]);
        requireFilled(in.memory(), 0, other);
      });
    }
  }

  @Test
  void emptyStreamsEnd() throws Exception {
    try (LocalWorld world = connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        collective.exchange(
            1,
            List.of(memory().transfer(other, 0, 0)),
            List.of(),
            streams(
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
    try (LocalWorld world = connected(2)) {
      IllegalStateException thrown = new IllegalStateException("no");
      Future<?> other =
          world.start(
              1,
              collective ->
                  collective.exchange(
                      1,
                      List.of(memory().transfer(0, 0, 5 * MIB)),
                      List.of(memory().transfer(0, 9, 8))));
      PieceStreams failing =
          streams(
              5 * MIB,
              List.of(new Source(1, 0)),
              (offset, pieces) -> {
                throw thrown;
              });
      assertSame(
          thrown,
          assertThrows(
              IllegalStateException.class,
              () ->
                  world
                      .ranks
                      .get(0)
                      .exchange(1, List.of(memory().transfer(1, 9, 8)), List.of(), failing)));
      assertSpent(world.ranks.get(0));
      joinQuietly(other);
    }
  }

  @Test
  void streamsThatCannotBeMeantAreRefused() throws Exception {
    try (LocalWorld world = connected(2)) {
      for (List<Source> wrong :
          List.of(
              List.of(new Source(0, 0)),
              List.of(new Source(2, 0)),
              IntStream.range(0, 2).mapToObj(i -> new Source(1, 0)).toList())) {
        PieceStreams streams = streams(8, wrong, (offset, pieces) -> {});
        assertThrows(
            IllegalArgumentException.class,
            () -> world.ranks.get(0).exchange(1, List.of(), List.of(), streams));
      }
    }
  }

  // ---- what is refused

  @Test
  void transfersThatCannotBeMeantAreRefusedBeforeAnythingIsSent() throws Exception {
    try (LocalWorld world = connected(1)) {
      Collective alone = world.ranks.getFirst();
      Transfer own = memory().transfer(0, 0, 4);
      assertRefused("outside the world of 1", alone, memory().transfer(1, 0, 4), own);
      assertRefused("no receive", alone, own, memory().transfer(0, 1, 4));
      IllegalArgumentException twice =
          assertThrows(
              IllegalArgumentException.class,
              () -> alone.exchange(1, List.of(own, own), List.of(own)));
      assertTrue(String.valueOf(twice.getMessage()).contains("occurs twice"), twice.getMessage());
      alone.exchange(1, List.of(own), List.of(own));
    }
  }

  private static void assertRefused(
      String words, Collective collective, Transfer send, Transfer receive) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> collective.exchange(1, List.of(send), List.of(receive)));
    assertTrue(String.valueOf(refused.getMessage()).contains(words), refused.getMessage());
  }

  @Test
  void aClosedCollectiveSaysSo() throws Exception {
    try (LocalWorld world = connected(2)) {
      Collective closed = world.ranks.getFirst();
      closed.close();
      closed.close();
      assertThrows(IllegalStateException.class, () -> closed.exchange(1, List.of(), List.of()));
    }
  }

  @Test
  void differentSizesNameBothSides() throws Exception {
    CollectiveException failure = mismatch(3, 0, 64, 3, 0, 48);
    assertTrue(
        failure.reason().contains("sends 64 bytes for tag 3, slot 0 while rank 0 awaits 48 bytes"),
        failure.reason());
  }

  @Test
  void differentTagsNameBothSides() throws Exception {
    CollectiveException failure = mismatch(4, 0, 64, 3, 0, 64);
    assertTrue(
        failure.reason().contains("sends tag 4, slot 0 while rank 0 awaits tag 3"),
        failure.reason());
  }

  @Test
  void differentSlotsNameBothSides() throws Exception {
    CollectiveException failure = mismatch(3, 1, 64, 3, 0, 64);
    assertTrue(
        failure.reason().contains("sends slot 1 of tag 3 while rank 0 awaits slots [0]"),
        failure.reason());
  }

  private CollectiveException mismatch(
      long sentTag, int sentSlot, long sent, long awaitedTag, int awaitedSlot, long awaited)
      throws Exception {
    try (LocalWorld world = connected(2)) {
      Future<?> sender =
          world.start(
              1,
              collective ->
                  collective.exchange(
                      sentTag, List.of(memory().transfer(0, sentSlot, sent)), List.of()));
      Transfer receive = memory().transfer(1, awaitedSlot, awaited);
      CollectiveException failure =
          assertThrows(
              CollectiveException.class,
              () -> world.ranks.get(0).exchange(awaitedTag, List.of(), List.of(receive)));
      assertEquals(1, failure.peer());
      joinQuietly(sender);
      return failure;
    }
  }

  // ---- peers that go

  @Test
  void aPeerThatClosesFailsTheExchangeAtOnceAndNamesIt() throws Exception {
    try (LocalWorld world = connected(2)) {
      CountDownLatch begun = new CountDownLatch(1);
      Future<?> waiting = receiving(world, 0, 1, begun);
      begun.await();
      world.ranks.get(1).close();
      CollectiveException failure = assertInstanceOf(CollectiveException.class, failureOf(waiting));
      String expected =
          "rank 1 (w1 at 127.0.0.1:%d) closed the connection "
              .formatted(world.listeners.get(1).port());
      assertTrue(failure.reason().startsWith(expected), failure.reason());
      // Either the exchange was under way, or it came too late.
      String when = failure.reason().substring(expected.length());
      assertTrue(
          when.startsWith("during tag 1, got 0 of ") || when.equals("before tag 1"),
          failure.reason());
      assertEquals(0, failure.rank());
      assertEquals(1, failure.peer());
      assertEquals(1, failure.tag());
      assertSpent(world.ranks.get(0));
    }
  }

  @Test
  void aPeerThatLeftBetweenExchangesFailsTheNextOneThatNeedsIt() throws Exception {
    try (LocalWorld world = connected(2)) {
      world.ranks.get(1).close();
      CollectiveException failure =
          assertThrows(
              CollectiveException.class,
              () -> world.ranks.get(0).exchange(4, List.of(), List.of(memory().transfer(1, 0, 8))));
      assertTrue(failure.reason().contains("closed the connection"), failure.reason());
      assertTrue(failure.reason().contains("tag 4"), failure.reason());
      assertEquals(1, failure.peer());
    }
  }

  @Test
  void aPeerThatDiesWhileMuchIsUnderwayFailsAllOthers() throws Exception {
    try (LocalWorld world = connected(3)) {
      CountDownLatch begun = new CountDownLatch(2);
      List<Future<?>> others = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int other = 1 - rank;
        others.add(
            world.start(
                rank,
                collective -> {
                  Buffer large = memory().allocate(6 * MIB);
                  Transfer own = memory().transfer(2, 0, 6 * MIB);
                  Transfer theirs = memory().transfer(other, 0, 6 * MIB);
                  begun.countDown();
                  collective.exchange(
                      1,
                      List.of(new Transfer(2, 0, large), new Transfer(other, 0, large)),
                      List.of(own, theirs));
                }));
      }
      begun.await();
      world.kill(2);
      for (Future<?> other : others) {
        assertInstanceOf(CollectiveException.class, failureOf(other));
      }
    }
  }

  /** The peer dies when as many pieces have been taken. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5})
  void aPeerThatDiesInTheMiddleFailsTheExchangeWithoutDamage(int pieces) throws Exception {
    long bytes = 24 * MIB;
    try (LocalWorld world = connected(3)) {
      Buffer out = memory().filled(bytes, 4);
      Future<?> dying =
          world.start(
              1,
              collective ->
                  collective.exchange(
                      1, List.of(new Transfer(0, 0, out), new Transfer(2, 0, out)), List.of()));
      Future<?> other =
          world.start(2, collective -> collective.exchange(1, List.of(), List.of(), slowly(bytes)));
      int[] taken = {0};
      CollectiveException failure =
          assertThrows(
              CollectiveException.class,
              () -> {
                if (pieces == 0) {
                  world.kill(1);
                }
                world
                    .ranks
                    .get(0)
                    .exchange(
                        1,
                        List.of(),
                        List.of(),
                        streams(
                            bytes,
                            List.of(new Source(1, 0)),
                            (offset, arrived) -> {
                              requireFilled(arrived.getFirst(), offset, 4);
                              taken[0]++;
                              if (taken[0] == pieces) {
                                world.kill(1);
                              }
                            }));
              });
      assertEquals(1, failure.peer());
      joinQuietly(dying);
      joinQuietly(other);
      assertSpent(world.ranks.get(0));
    }
  }

  private PieceStreams slowly(long bytes) {
    return streams(
        bytes,
        List.of(new Source(1, 0)),
        (offset, pieces) -> requireFilled(pieces.getFirst(), offset, 4));
  }

  // ---- aborts and stalls

  @Test
  void abortEndsTheExchangeHereAndAtThePeersWithItsReason() throws Exception {
    try (LocalWorld world = connected(3)) {
      CountDownLatch begun = new CountDownLatch(2);
      Future<?> aborting = receiving(world, 0, 2, begun);
      Future<?> peer = receiving(world, 1, 0, begun);
      begun.await();
      world.ranks.get(0).abort("generation 2 begins");
      AbortedException here = assertInstanceOf(AbortedException.class, failureOf(aborting));
      assertTrue(here.reason().contains("generation 2 begins"), here.reason());
      AbortedException there = assertInstanceOf(AbortedException.class, failureOf(peer));
      assertTrue(there.reason().startsWith("rank 0 (w0 at"), there.reason());
      assertTrue(there.reason().contains("generation 2 begins"), there.reason());
      assertSpent(world.ranks.get(0));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void abortsOfManyThreadsWhileMuchIsUnderwayEndItOnce(int afterPieces) throws Exception {
    try (LocalWorld world = connected(3)) {
      CountDownLatch underway = new CountDownLatch(1 + afterPieces);
      List<Future<?>> running = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        running.add(
            world.start(
                rank,
                collective -> {
                  int left = (collective.rank() + 2) % 3;
                  int right = (collective.rank() + 1) % 3;
                  List<Transfer> sends = List.of(memory().transfer(right, 0, 12 * MIB));
                  underway.countDown();
                  collective.exchange(
                      1,
                      sends,
                      List.of(),
                      streams(
                          12 * MIB,
                          List.of(new Source(left, 0)),
                          (offset, pieces) -> underway.countDown()));
                  collective.exchange(2, List.of(), List.of(memory().transfer(left, 0, 8)));
                }));
      }
      underway.await();
      List<Thread> aborting =
          IntStream.range(0, 9)
              .mapToObj(
                  i -> Thread.ofPlatform().start(() -> world.ranks.get(i % 3).abort("enough " + i)))
              .toList();
      for (Thread thread : aborting) {
        thread.join();
      }
      for (Future<?> future : running) {
        CollectiveException ended = assertInstanceOf(CollectiveException.class, failureOf(future));
        // A neighbour's end may be seen before one's own; with much underway it comes without
        // words.
        String words = ended instanceof AbortedException ? "enough" : "closed the connection";
        assertTrue(ended.reason().contains(words), ended.reason());
      }
      world.ranks.forEach(CollectiveContract::assertSpent);
    }
  }

  @Test
  void closingDuringAnExchangeEndsIt() throws Exception {
    try (LocalWorld world = connected(2)) {
      CountDownLatch begun = new CountDownLatch(1);
      Future<?> waiting = receiving(world, 0, 1, begun);
      begun.await();
      world.ranks.get(0).close();
      // Either the exchange was under way, or it came too late; both say that it is over.
      Throwable ended = failureOf(waiting);
      assertTrue(
          ended instanceof AbortedException || ended instanceof IllegalStateException,
          () -> String.valueOf(ended));
    }
  }

  @Test
  void anInterruptEndsTheExchangeAndIsKept() throws Exception {
    try (LocalWorld world = connected(2)) {
      AtomicReference<Boolean> interrupted = new AtomicReference<>(false);
      AtomicReference<Throwable> thrown = new AtomicReference<>(new AssertionError("none"));
      Transfer receive = memory().transfer(1, 0, 8);
      Thread caller =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  world.ranks.get(0).exchange(1, List.of(), List.of(receive));
                } catch (CollectiveException e) {
                  thrown.set(e);
                  interrupted.set(Thread.currentThread().isInterrupted());
                }
              });
      caller.interrupt();
      caller.join();
      assertInstanceOf(AbortedException.class, thrown.get());
      assertTrue(interrupted.get());
    }
  }

  @Test
  void aPeerThatDoesNotComeIsReportedAndWaitedFor() throws Exception {
    try (LocalWorld world = tellingStalls(2)) {
      world.runAll(collective -> swap(collective, 6, 64));
      Future<?> waits = world.start(0, collective -> swap(collective, 7, 64));
      Stall stall = stalls.take();
      // On a slow machine the exchange before may have stood still, too.
      while (stall.tag() != 7) {
        stall = stalls.take();
      }
      assertEquals(0, stall.rank());
      assertEquals(1, stall.peer());
      assertEquals(2, stall.sequence());
      assertEquals(0, stall.received());
      assertEquals(64, stall.awaited());
      assertEquals(64, stall.toSend());
      assertTrue(stall.silence().compareTo(STALL_AFTER) >= 0, stall::message);
      assertTrue(
          stall
              .message()
              .startsWith(
                  "rank 0 waits for rank 1 (w1) in exchange 7 (step 3, phase 1, sequence 2"),
          stall::message);
      assertThrows(TimeoutException.class, () -> waits.get(1, TimeUnit.MILLISECONDS));
      world.start(1, collective -> swap(collective, 7, 64)).get();
      waits.get();
    }
  }

  @Test
  void aSlowTakerIsReportedByWhoWaitsForIt() throws Exception {
    try (LocalWorld world = tellingStalls(2)) {
      CountDownLatch seen = new CountDownLatch(1);
      long bytes = 24 * MIB;
      Future<?> slow =
          world.start(
              0,
              collective ->
                  collective.exchange(
                      1,
                      List.of(),
                      List.of(),
                      streams(
                          bytes,
                          List.of(new Source(1, 0)),
                          (offset, pieces) -> awaitQuietly(seen))));
      Future<?> sender =
          world.start(
              1,
              collective ->
                  collective.exchange(1, List.of(memory().transfer(0, 0, bytes)), List.of()));
      Stall stall = stalls.take();
      while (stall.rank() != 1) {
        stall = stalls.take();
      }
      assertEquals(0, stall.peer());
      assertEquals(bytes, stall.toSend());
      assertTrue(stall.sent() < bytes, stall::message);
      seen.countDown();
      slow.get();
      sender.get();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aListenerOfStallsMayAbort() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2, transport())) {
      world.options =
          world.options.withStalls(
              STALL_AFTER, stall -> world.ranks.get(stall.rank()).abort(stall.message()));
      world.connect(1);
      Future<?> waits = receiving(world, 0, 1, new CountDownLatch(1));
      AbortedException aborted = assertInstanceOf(AbortedException.class, failureOf(waits));
      assertTrue(aborted.reason().contains("received 0 of 64 bytes"), aborted.reason());
    }
  }

  // ---- generations

  @Test
  void aNewGenerationEndsTheExchangeOfTheOldOneAndWorks() throws Exception {
    try (LocalWorld world = connected(2)) {
      CountDownLatch begun = new CountDownLatch(1);
      Collective before = world.ranks.get(0);
      Future<?> old = receiving(world, 0, 1, begun);
      begun.await();
      Collective other = world.ranks.get(1);
      world.connect(2);
      assertInstanceOf(CollectiveException.class, failureOf(old));
      before.close();
      other.close();
      world.runAll(collective -> swap(collective, 1, MIB));
      assertEquals(2, world.ranks.get(0).generation());
    }
  }

  @Test
  void manyGenerationsFollowEachOther() throws Exception {
    try (LocalWorld world = connected(3)) {
      for (int generation = 2; generation <= 8; generation++) {
        List<Collective> before = List.copyOf(world.ranks);
        Future<?> old =
            receiving(world, generation % 3, (generation + 1) % 3, new CountDownLatch(1));
        world.connect(generation);
        failureOf(old);
        before.forEach(Collective::close);
        world.runAll(collective -> {
          Buffer[] parts = new Buffer[3];
          for (int rank = 0; rank < 3; rank++) {
            parts[rank] =
                rank == collective.rank() ? memory().filled(100, rank) : memory().allocate(100);
          }
          collective.allGather(1, parts);
          requireFilled(parts[(collective.rank() + 1) % 3], 0, (collective.rank() + 1) % 3);
        });
      }
    }
  }

  @Test
  void anOlderGenerationIsRefused() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2, transport())) {
      world.listeners.get(0).advanceTo(5, "generation 5 begins");
      Throwable failure = failureOf(world.connecting(4, 1));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("generation 4 is over"),
          failure.getMessage());
    }
  }

  @Test
  void connectingToAnOvertakenGenerationIsAborted() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2, transport())) {
      Future<Collective> alone = world.connecting(1, 0);
      world.listeners.get(0).advanceTo(2, "rank 1 died");
      // Either the wait is ended or the connect comes too late; both say that generation 1 is over.
      Throwable failure = failureOf(alone);
      assertTrue(
          failure instanceof AbortedException || failure instanceof IllegalStateException,
          () -> String.valueOf(failure));
    }
  }

  private Future<?> receiving(LocalWorld world, int rank, int from, CountDownLatch begun) {
    Transfer receive = memory().transfer(from, 0, 64);
    return world.start(
        rank,
        collective -> {
          begun.countDown();
          collective.exchange(1, List.of(), List.of(receive));
        });
  }

  private static void assertSpent(Collective collective) {
    assertThrows(CollectiveException.class, () -> collective.exchange(99, List.of(), List.of()));
  }

  private static void joinQuietly(Future<?> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      assertInstanceOf(CollectiveException.class, e.getCause());
    }
  }
}
