package io.lockstep.gateway.rpc;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.RequestHeaders;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** Finds in the pieces of a request how long the messages are that begin in them. */
sealed interface MessageLengths {

  /**
   * Lengths in bytes, what frames them included, of the messages that begin in the next piece.
   *
   * @param piece the next one; is not changed
   */
  List<Long> begun(HttpData piece);

  /** Of a request with these headers. */
  static MessageLengths of(RequestHeaders headers) {
    String contentType = headers.get("content-type", "");
    // The text form of gRPC for browsers is base64: its frames can't be seen.
    if (contentType.startsWith("application/grpc")
        && !contentType.startsWith("application/grpc-web-text")) {
      return new Framed();
    }
    long length = headers.contentLength();
    return length > 0 ? new Stated(length) : new Unstated();
  }

  /** gRPC: each message follows a byte of flags and its length in four bytes, the highest first. */
  final class Framed implements MessageLengths {
    static final int PREFIX = 5;
    private static final int BITS_OF_BYTE = 8;
    private static final long LENGTH = 0xFFFF_FFFFL;

    private int prefix;
    private long length;
    private long missing;

    @Override
    public List<Long> begun(HttpData piece) {
      List<Long> lengths = new ArrayList<>();
      ByteBuf bytes = piece.byteBuf();
      int end = bytes.writerIndex();
      int at = bytes.readerIndex();
      while (at < end) {
        if (missing > 0) {
          long skipped = Math.min(missing, end - at);
          missing -= skipped;
          at += (int) skipped;
          continue;
        }
        length = (length << BITS_OF_BYTE | bytes.getUnsignedByte(at++)) & LENGTH;
        if (++prefix == PREFIX) {
          lengths.add(PREFIX + length);
          missing = length;
          prefix = 0;
        }
      }
      return lengths;
    }
  }

  /** One message whose length the headers tell. */
  final class Stated implements MessageLengths {
    private List<Long> lengths;

    Stated(long length) {
      lengths = List.of(length);
    }

    @Override
    public List<Long> begun(HttpData piece) {
      List<Long> told = lengths;
      lengths = List.of();
      return told;
    }
  }

  /**
   * A message of which nobody has said how long it is: each piece counts when it comes. One byte
   * more than has come is awaited until the request is complete.
   */
  final class Unstated implements MessageLengths {
    private long awaited = 1;

    @Override
    public List<Long> begun(HttpData piece) {
      long length = piece.length() + awaited;
      awaited = 0;
      return List.of(length);
    }
  }
}
