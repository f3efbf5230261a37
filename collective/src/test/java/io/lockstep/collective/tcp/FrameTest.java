package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.testing.Bytes;
import io.lockstep.collective.testing.LocalWorld;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class FrameTest {

  private static final int CHECKSUM_OF_EMPTY = 0;

  @Test
  void aHeaderIsReadAsItWasWritten() throws Exception {
    FrameHeader header = new FrameHeader(FrameHeader.Kind.DATA, 3, 100, 7, 11, 42, 512, 612, 5);
    ByteBuf bytes = Unpooled.buffer();
    header.write(bytes);
    assertEquals(FrameHeader.BYTES, bytes.readableBytes());
    assertEquals(header, FrameHeader.read(bytes));
  }

  @Test
  void everyDamagedBitOfAHeaderIsNoticed() {
    for (int bit = 0; bit < FrameHeader.BYTES * Byte.SIZE; bit++) {
      ByteBuf bytes = Unpooled.buffer();
      new FrameHeader(FrameHeader.Kind.DATA, 3, 100, 7, 11, 42, 512, 612, 5).write(bytes);
      bytes.setByte(bit / Byte.SIZE, bytes.getByte(bit / Byte.SIZE) ^ 1 << bit % Byte.SIZE);
      assertThrows(ProtocolException.class, () -> FrameHeader.read(bytes));
    }
  }

  /** A peer that speaks the protocol and sends what it must not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | 1 | sent a frame of generation 1, sequence 1, while rank 0 is in generation 2, sequence 1",
        "2 | 3 | sent a frame of sequence 3 (generation 2, tag 5) while rank 0 is at sequence 1",
        "2 | 0 | sent a frame of sequence 0 (generation 2, tag 5) while rank 0 is at sequence 1",
      })
  void framesOfAnOlderGenerationOrAnotherSequenceAreRefused(
      long generation, long sequence, String expected) throws Exception {
    try (LocalWorld world = LocalWorld.listening(2);
        Arena arena = Arena.ofShared()) {
      world.options = world.options.withSharedMemory(false);
      Future<Collective> connecting = world.connecting(2, 0);
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), world.listeners.get(0).port())) {
        Greetings.greet(socket, LocalWorld.TOKEN, 2);
        new DataInputStream(socket.getInputStream()).readFully(new byte[8 + Proof.BYTES]);
        Collective rank0 = connecting.get();
        ByteBuf frame = Unpooled.buffer();
        new FrameHeader(
                FrameHeader.Kind.DATA, 0, 0, generation, sequence, 5, 0, 0, CHECKSUM_OF_EMPTY)
            .write(frame);
        frame.readBytes(socket.getOutputStream(), frame.readableBytes());
        MemorySegment into = arena.allocate(0);
        CollectiveException failure =
            assertThrows(
                CollectiveException.class,
                () -> rank0.exchange(5, List.of(), List.of(Bytes.transfer(1, 0, into))));
        assertTrue(failure.reason().contains(expected), failure.reason());
        rank0.close();
      }
    }
  }
}
