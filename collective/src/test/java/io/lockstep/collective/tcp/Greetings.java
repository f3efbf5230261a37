package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.util.Objects;

/** What rank 1 of two says to rank 0, byte for byte. */
final class Greetings {

  private Greetings() {}

  /** Answers the challenge of the port that a socket has reached; returns what it has said. */
  static byte[] greet(Socket socket, String token, long generation) throws IOException {
    byte[] challenge = socket.getInputStream().readNBytes(Challenge.BYTES);
    Hello hello =
        Hello.to(
            Objects.requireNonNull(Challenge.read(Unpooled.wrappedBuffer(challenge))),
            RunToken.of(token),
            generation,
            1,
            0,
            2);
    ByteBuf bytes = Unpooled.buffer();
    hello.write(bytes);
    byte[] said = new byte[bytes.readableBytes()];
    bytes.readBytes(said);
    socket.getOutputStream().write(said);
    return said;
  }
}
