package io.lockstep.cli.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Makes something else of what clients say. */
final class Mutation {

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int FRAME_HEADER = 9;
  private static final int DATA = 0;

  private final SplittableRandom random;

  Mutation(SplittableRandom random) {
    this.random = random;
  }

  /** Random bytes. */
  byte[] garbage(int most) {
    byte[] bytes = new byte[1 + random.nextInt(most)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Some bits flipped, a piece cut out, said twice or replaced, or the end cut off. */
  byte[] changed(byte[] speech) {
    byte[] bytes = speech.clone();
    for (int times = 1 + random.nextInt(4); times > 0; times--) {
      int at = random.nextInt(bytes.length);
      int length = Math.min(bytes.length - at, 1 + random.nextInt(64));
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
        case 3 -> bytes = joined(Arrays.copyOf(bytes, at + length), tail(bytes, at));
        case 4 -> bytes = joined(Arrays.copyOf(bytes, at), tail(bytes, at + length));
        default -> bytes = Arrays.copyOf(bytes, at + 1);
      }
      if (bytes.length == 0) {
        return garbage(16);
      }
    }
    return bytes;
  }

  /**
   * A conversation of HTTP/2 whose frames stay whole while the messages in them change: what gets
   * through to the service. Any other conversation is changed as it is.
   */
  byte[] changedMessages(byte[] speech) {
    if (!startsWith(speech, PREFACE)) {
      return changed(speech);
    }
    byte[] bytes = speech.clone();
    int at = PREFACE.length;
    while (at + FRAME_HEADER <= bytes.length) {
      int length = length(bytes, at);
      int payload = at + FRAME_HEADER;
      // A message begins with five bytes of its own, which mostly stay.
      int keep = random.nextInt(8) == 0 ? 0 : 5;
      if (bytes[at + 3] == DATA && length > keep && payload + length <= bytes.length) {
        for (int flips = random.nextInt(4); flips > 0; flips--) {
          bytes[payload + keep + random.nextInt(length - keep)] = (byte) random.nextInt(256);
        }
      }
      at = payload + length;
    }
    return bytes;
  }

  /**
   * A conversation of HTTP/2 with a frame that doesn't belong there, or whose header is changed.
   */
  byte[] changedFrames(byte[] speech) {
    byte[] base = startsWith(speech, PREFACE) ? speech : joined(PREFACE, frame(4, 0, 0, 0));
    int at = PREFACE.length;
    for (int skip = random.nextInt(6); skip > 0 && at + FRAME_HEADER <= base.length; skip--) {
      at += FRAME_HEADER + length(base, at);
    }
    at = Math.min(at, base.length);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(base, 0, at);
    int type = random.nextInt(12);
    for (int times = random.nextInt(4) == 0 ? 2000 : 1 + random.nextInt(3); times > 0; times--) {
      bytes.writeBytes(
          frame(
              type,
              random.nextInt(256),
              random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(8),
              random.nextInt(48)));
    }
    bytes.write(base, at, base.length - at);
    return bytes.toByteArray();
  }

  /** A frame of any kind with random content, whose length is now and then a lie. */
  private byte[] frame(int type, int flags, int stream, int length) {
    byte[] payload = length == 0 ? new byte[0] : garbage(length);
    int told = random.nextInt(10) == 0 ? random.nextInt(1 << 24) : payload.length;
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER + payload.length);
    frame.put((byte) (told >> 16)).put((byte) (told >> 8)).put((byte) told);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    return frame.array();
  }

  /** A line, a header, a frame or a message that claims to be far longer than anybody wants. */
  byte[] oversized() {
    byte[] filling = new byte[(1 + random.nextInt(24)) << 16];
    Arrays.fill(filling, (byte) 'a');
    byte[] start =
        switch (random.nextInt(4)) {
          case 0 -> "GET /".getBytes(StandardCharsets.ISO_8859_1);
          case 1 -> "GET / HTTP/1.1\r\nX: ".getBytes(StandardCharsets.ISO_8859_1);
          case 2 ->
              joined(
                  joined(PREFACE, frame(4, 0, 0, 0)),
                  new byte[] {-1, -1, -1, 0, 0, 0, 0, 0, 1, 0, 127});
          default -> new byte[] {127, -1, -1, -1, 127, -1, -1, -1};
        };
    return joined(start, filling);
  }

  /** The beginning of a handshake of TLS 1.3, cut off or with a bit flipped. */
  byte[] handshake(byte[] clientHello) {
    return random.nextBoolean()
        ? Arrays.copyOf(clientHello, 1 + random.nextInt(clientHello.length))
        : changed(clientHello);
  }

  private static int length(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff);
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    return bytes.length >= start.length
        && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, Math.min(from, bytes.length), bytes.length);
  }
}
