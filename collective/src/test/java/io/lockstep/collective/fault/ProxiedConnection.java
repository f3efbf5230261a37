package io.lockstep.collective.fault;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One connection through a proxy: two sockets and a pipe each way. Confined to the event loop. */
@SuppressWarnings("FutureReturnValueIgnored")
final class ProxiedConnection {

  private final Pipe toTarget;
  private final Pipe fromTarget;
  private final Consumer<ProxiedConnection> onEnd;

  ProxiedConnection(
      SocketChannel accepted,
      SocketChannel target,
      Lane toTarget,
      Lane fromTarget,
      Consumer<ProxiedConnection> onEnd) {
    this.toTarget = new Pipe(accepted, target, toTarget);
    this.fromTarget = new Pipe(target, accepted, fromTarget);
    this.onEnd = onEnd;
  }

  void start() {
    toTarget.start();
    fromTarget.start();
  }

  void faultChanged() {
    toTarget.faultChanged();
    fromTarget.faultChanged();
  }

  /** Ends both sides with a RST. */
  void reset() {
    toTarget.from.config().setSoLinger(0);
    toTarget.to.config().setSoLinger(0);
    end();
  }

  private void end() {
    toTarget.close();
    fromTarget.close();
    onEnd.accept(this);
  }

  /** What comes from one socket goes to the other. */
  private final class Pipe extends ChannelInboundHandlerAdapter {

    private record Chunk(ByteBuf bytes, long due) {}

    private final SocketChannel from;
    private final SocketChannel to;
    private final Lane lane;
    private final Queue<Chunk> queue = new ArrayDeque<>();
    private boolean ended;
    private boolean lostBytes;
    private boolean timed;

    Pipe(SocketChannel from, SocketChannel to, Lane lane) {
      this.from = from;
      this.to = to;
      this.lane = lane;
    }

    void start() {
      from.pipeline().addLast(this);
      faultChanged();
    }

    void faultChanged() {
      if (lane.fault() instanceof Fault.Reset) {
        reset();
        return;
      }
      pump();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      int length = bytes.readableBytes();
      long damaged = lane.count(length);
      if (lane.fault() instanceof Fault.Swallow || lostBytes) {
        lostBytes = true;
        bytes.release();
        return;
      }
      if (damaged >= 0) {
        int at = bytes.readerIndex() + (int) damaged;
        bytes.setByte(at, bytes.getByte(at) ^ 1);
      }
      queue.add(new Chunk(bytes, lane.due(length)));
      pump();
    }

    /** Passes on what is due and reads more if the other side takes it. */
    private void pump() {
      boolean held = lane.fault() instanceof Fault.Hold;
      @Nullable Chunk next = queue.peek();
      while (next != null && !held && next.due() <= System.nanoTime() && to.isWritable()) {
        to.write(queue.remove().bytes());
        next = queue.peek();
      }
      to.flush();
      if (next != null && !held && !timed && to.isWritable()) {
        timed = true;
        long wait = Math.max(0, next.due() - System.nanoTime());
        to.eventLoop().schedule(this::onTime, wait, TimeUnit.NANOSECONDS);
      }
      from.config().setAutoRead(!held && queue.size() < MAX_QUEUED);
      if (ended && queue.isEmpty() && !held && !loses()) {
        to.writeAndFlush(to.alloc().buffer(0)).addListener((ChannelFutureListener) done -> end());
      }
    }

    private boolean loses() {
      return lostBytes || lane.fault() instanceof Fault.Swallow;
    }

    private void onTime() {
      timed = false;
      pump();
    }

    void writable() {
      pump();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      // This socket takes more: whoever writes to it is the pipe of the other direction.
      (this == toTarget ? fromTarget : toTarget).writable();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      ended = true;
      if (loses()) {
        lostBytes = true;
      } else {
        pump();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      if (!loses() && !(lane.fault() instanceof Fault.Hold)) {
        reset();
      }
    }

    void close() {
      from.close();
      while (!queue.isEmpty()) {
        queue.remove().bytes().release();
      }
    }
  }

  private static final int MAX_QUEUED = 64;
}
