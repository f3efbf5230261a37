package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Answer to a {@link Hello}: magic, length of the text, text. No text means accepted; a proof
 * follows.
 *
 * @param refusal why the connection is refused, empty if it is accepted
 * @param proof that the accepting rank knows the run's secret; empty in a refusal
 */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
record Reply(String refusal, Optional<Proof> proof) {

  private static final int MAGIC = 0x4c535452;
  private static final int HEAD_BYTES = 2 * Integer.BYTES;
  private static final int MAX_TEXT_BYTES = 4096;

  static Reply accepted(Proof proof) {
    return new Reply("", Optional.of(proof));
  }

  private static Reply refused(String reason) {
    return new Reply(reason, Optional.empty());
  }

  /** Reads one if all its bytes are there, else returns null and leaves {@code in} as it is. */
  static @Nullable Reply read(ByteBuf in) {
    if (in.readableBytes() < HEAD_BYTES) {
      return null;
    }
    int at = in.readerIndex();
    int length = in.getInt(at + Integer.BYTES);
    if (in.getInt(at) != MAGIC || length < 0 || length > MAX_TEXT_BYTES) {
      in.skipBytes(in.readableBytes());
      return refused("the answer is not from this protocol");
    }
    if (in.readableBytes() < HEAD_BYTES + (length == 0 ? Proof.BYTES : length)) {
      return null;
    }
    in.skipBytes(HEAD_BYTES);
    return length == 0
        ? accepted(Proof.read(in))
        : refused(PeerText.line(in.readString(length, StandardCharsets.UTF_8)));
  }

  void write(ByteBuf out) {
    byte[] text = refusal.getBytes(StandardCharsets.UTF_8);
    out.writeInt(MAGIC).writeInt(text.length).writeBytes(text);
    proof.ifPresent(each -> each.write(out));
  }

  static void refuse(Channel channel, String reason) {
    ByteBuf out = channel.alloc().buffer();
    refused(reason).write(out);
    channel.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
  }
}
