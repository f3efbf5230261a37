package io.lockstep.collective.tcp;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.CollectiveException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One end of the connection between two ranks: begins exchanges, knows how far they are, and ends
 * them. Its {@link Inbox} receives, its {@link Outbox} sends.
 *
 * <p>All state is confined to the channel's event loop; other threads call {@link #begin}, {@link
 * #offerSharedMemory}, {@link #shutDown} and {@link #free} only.
 */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerLink extends ChannelInboundHandlerAdapter implements StallWatch.Watched {

  /** How long a peer may take to read the last bytes after a clean end. */
  private static final Duration LINGER = Duration.ofSeconds(5);

  private final int rank;
  private final Peer peer;
  private final long generation;
  private final TcpOptions options;
  private final Admission admission;
  private final Channel channel;
  private final Inbox inbox;
  private final Outbox outbox;
  private final StallWatch watch;
  private final SharedMemory shared;
  private final CompletableFuture<@Nullable Void> quiesced = new CompletableFuture<>();

  private @Nullable ExchangePart part;

  /** Written on the event loop, read by any thread. */
  private volatile @Nullable CollectiveException broken;

  private long begun;

  PeerLink(int rank, Peer peer, long generation, Channel channel, TcpOptions options) {
    this.rank = rank;
    this.peer = peer;
    this.generation = generation;
    this.channel = channel;
    this.options = options;
    this.admission = new Admission(rank, generation);
    this.inbox = new Inbox(channel, this);
    this.outbox = new Outbox(channel, generation, this::finishPartIfDone);
    this.watch = new StallWatch(channel.eventLoop(), this);
    this.shared = new SharedMemory(peer, inbox, outbox, this::onLoop);
  }

  Peer peer() {
    return peer;
  }

  /** The exchange in flight with this peer. */
  @Nullable ExchangePart part() {
    return part;
  }

  /** What ended the connection, if it has ended; from any thread. */
  Optional<CollectiveException> failure() {
    return Optional.ofNullable(broken);
  }

  /** Bytes given to the peer so far; from any thread. */
  long sentBytes() {
    return outbox.sentBytes();
  }

  /** Whether the calling thread is the one that all state belongs to. */
  boolean isOnLoop() {
    return channel.eventLoop().inEventLoop();
  }

  /** Starts this link's part of an exchange; the link reports to the part's exchange. */
  void begin(ExchangePart newPart) {
    if (!onLoop(() -> beginOnLoop(newPart))) {
      newPart.exchange.fail(
          new AbortedException(
              rank, CollectiveException.NO_PEER, newPart.tag, "listener closed", null));
    }
  }

  private void beginOnLoop(ExchangePart newPart) {
    if (broken != null) {
      newPart.exchange.fail(beforeTag(broken, newPart.tag));
      return;
    }
    begun++;
    newPart.begin(begun, System.nanoTime());
    part = newPart;
    watch.begin(options.stallLimits().limit(newPart.tag));
    outbox.begin(newPart);
    inbox.resume();
  }

  private CollectiveException beforeTag(CollectiveException earlier, long tag) {
    return earlier instanceof AbortedException
        ? earlier
        : new CollectiveException(
            rank, peer.rank(), tag, 0, earlier.reason() + " before tag " + tag, earlier);
  }

  /** Offers the peer memory to share; pieces take that way once it has opened it. */
  void offerSharedMemory() {
    if (options.sharedMemory()) {
      shared.offer(() -> broken == null);
    }
  }

  /**
   * Closes the connection and lets go of all memory; idempotent.
   *
   * @param reason sent to the peer if possible; null for a clean end
   * @return completes when no network thread touches any transfer's memory any more
   */
  CompletableFuture<@Nullable Void> shutDown(@Nullable String reason) {
    if (!onLoop(() -> shutDownOnLoop(reason))) {
      // A loop ends only after its channels are closed: nobody is left to touch any memory.
      quiesced.complete(null);
    }
    return quiesced;
  }

  private void shutDownOnLoop(@Nullable String reason) {
    if (broken == null) {
      outbox.endWith(reason);
      AbortedException closed =
          new AbortedException(rank, CollectiveException.NO_PEER, 0, "closed", null);
      breakWith(closed, reason == null ? this::closeGently : this::closeAtOnce);
    }
    // As a task of its own on the loop this runs inside no handler that still holds memory.
    quiesced.complete(null);
  }

  /** Gives shared memory back; after {@link #shutDown} is complete and pieces are used no more. */
  void free() {
    shared.free();
  }

  private boolean onLoop(Runnable task) {
    try {
      channel.eventLoop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  // --- called by the inbox ---------------------------------------------------------------------

  /** Whether a frame belongs to the exchange that is due; if not, the link has failed. */
  boolean isCurrent(FrameHeader header) {
    long due = part != null && part.awaitsMore() ? part.sequence() : begun + 1;
    return isFine(admission.objection(header, due, tag()));
  }

  /** What takes a piece; null if nobody awaits it, then the link has failed. */
  @Nullable Receive receiveFor(FrameHeader header, ExchangePart into) {
    @Nullable Receive receive = into.receive(header.slot());
    return isFine(admission.objection(header, into, receive)) ? receive : null;
  }

  private boolean isFine(@Nullable String objection) {
    if (objection != null) {
      fail(objection);
    }
    return objection == null;
  }

  void progressed(int bytes) {
    Objects.requireNonNull(part).countReceived(bytes, System.nanoTime());
  }

  /** A piece of a receive is there. */
  void finished(Receive receive, int length) {
    receive.advance(length);
    if (receive.isDone()) {
      Objects.requireNonNull(part).finished(receive);
      finishPartIfDone();
    }
  }

  /** A frame that is no piece has come. */
  void control(FrameHeader header, byte[] bytes) {
    switch (header.kind()) {
      case ABORT -> {
        String reason =
            peer + " aborted: " + PeerText.line(new String(bytes, StandardCharsets.UTF_8));
        breakWith(new AbortedException(rank, peer.rank(), tag(), reason, null));
      }
      case OFFER -> shared.offered(bytes, options.sharedMemory());
      case ANSWER -> shared.answered(header.slot() == 1);
      case CREDIT -> {
        if (shared.credited(header.slot())) {
          outbox.pump();
        } else {
          fail("has read more pieces of shared memory than were written");
        }
      }
      case DATA, SHARED -> throw new IllegalStateException(header + " is a piece");
    }
  }

  /** There may be room for the piece that waits; called by any thread. */
  void roomMade() {
    onLoop(inbox::resume);
  }

  /** The peer has done what it must not. */
  void fail(String what) {
    fail(peer + " " + what, null);
  }

  // --- called by Netty -------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    inbox.received((ByteBuf) bytes);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (broken == null) {
      outbox.pump();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    // Of an encrypted connection the socket's bytes aren't those of its messages.
    if (channel.config().getRecvByteBufAllocator() instanceof ReadBuffers buffers) {
      buffers.readInto(inbox::destination, inbox::isShared);
    }
    if (!channel.isActive()) {
      fail("closed the connection");
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail("closed the connection" + progress());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    fail(peer + " closed the connection" + progress() + ": " + cause.getMessage(), cause);
  }

  // --- progress and end ------------------------------------------------------------------------

  private void finishPartIfDone() {
    @Nullable ExchangePart current = part;
    if (current != null && current.isDone()) {
      part = null;
      options.stallLimits().completed(current.tag, current.longestSilence());
      current.exchange.partDone();
    }
  }

  @Override
  public @Nullable Long lastProgress() {
    if (part == null) {
      return null;
    }
    // A peer that is ahead of the others waits for this rank.
    return inbox.lacksRoom() ? System.nanoTime() : (Long) part.lastProgress();
  }

  @Override
  public void stalled(Duration silence) {
    ExchangePart waits = Objects.requireNonNull(part);
    String exchange = options.exchangeNames().apply(waits.tag);
    options.stalls().stalled(waits.stall(rank, peer, generation, exchange, silence));
  }

  private String progress() {
    return part == null ? "" : " " + part.progress();
  }

  private long tag() {
    return part == null ? 0 : part.tag;
  }

  private void fail(String reason, @Nullable Throwable cause) {
    long received = part == null ? 0 : part.bytesReceived();
    breakWith(new CollectiveException(rank, peer.rank(), tag(), received, reason, cause));
  }

  private void breakWith(CollectiveException failure) {
    breakWith(failure, this::closeAtOnce);
  }

  /** Keeps the first reason, forgets all memory and closes the connection. */
  private void breakWith(CollectiveException failure, Runnable closing) {
    if (broken != null) {
      return;
    }
    broken = failure;
    @Nullable ExchangePart ended = part;
    part = null;
    watch.end();
    outbox.forget();
    inbox.close();
    closing.run();
    if (ended != null) {
      ended.exchange.fail(failure);
    }
  }

  /**
   * Says that nothing more comes, and closes once the peer has said so too. Closing at once would
   * take from the peer what it has not read yet if bytes of its are unread here, such as credits.
   */
  private void closeGently() {
    channel.config().setAutoRead(true);
    @Nullable SslHandler tls = channel.pipeline().get(SslHandler.class);
    ChannelFuture last =
        tls == null ? channel.writeAndFlush(Unpooled.EMPTY_BUFFER) : tls.closeOutbound();
    last.addListener(flushed -> ((DuplexChannel) channel).shutdownOutput());
    Future<?> forcedClose =
        channel.eventLoop().schedule(this::closeAtOnce, LINGER.toMillis(), TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(closed -> forcedClose.cancel(false));
  }

  /**
   * Closes without the farewell of TLS, which waits until the peer has read all that is underway: a
   * peer that waits for others reads nothing. Messages have lengths and checksums of their own.
   */
  private void closeAtOnce() {
    channel.unsafe().close(channel.newPromise());
  }
}
