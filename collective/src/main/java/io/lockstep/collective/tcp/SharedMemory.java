package io.lockstep.collective.tcp;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Agrees with a peer on memory to share, one {@link SharedRing} in each direction. Where there can
 * be none, pieces stay in the connection.
 */
final class SharedMemory {

  private static final Logger LOG = LoggerFactory.getLogger(SharedMemory.class);
  private static final byte[] NOTHING = {};

  private final Peer peer;
  private final Inbox inbox;
  private final Outbox outbox;
  private final Executor loop;

  /** Guarded by this, for whoever frees them. */
  private @Nullable SharedRing out;

  private @Nullable SharedRing in;
  private boolean freed;

  /** Confined to the event loop. */
  private @Nullable SharedOutlet outlet;

  /**
   * @param loop runs a task on the link's event loop; none any more once that has ended
   */
  SharedMemory(Peer peer, Inbox inbox, Outbox outbox, Executor loop) {
    this.peer = peer;
    this.inbox = inbox;
    this.outbox = outbox;
    this.loop = loop;
  }

  /**
   * Makes memory and tells the peer; on the caller's thread, since it writes a file.
   *
   * @param alive whether the link still is; asked on the event loop
   */
  void offer(BooleanSupplier alive) {
    if (!SharedRing.isAvailable()) {
      return;
    }
    try {
      SharedRing ring = SharedRing.create();
      if (!keep(ring, true)) {
        return;
      }
      loop.execute(() -> {
        if (alive.getAsBoolean()) {
          outbox.control(FrameHeader.Kind.OFFER, 0, ring.offer());
        }
      });
    } catch (IOException e) {
      LOG.info("{}: no shared memory, pieces go through the connection: {}", peer, e.toString());
    }
  }

  /** The peer offers memory: opens it if it is on this host. */
  void offered(byte[] offer, boolean wanted) {
    boolean opened = false;
    if (wanted) {
      try {
        Optional<SharedRing> ring = SharedRing.open(offer);
        if (ring.isPresent() && keep(ring.get(), false)) {
          opened = true;
          inbox.share(
              new SharedInlet(
                  ring.get(),
                  loop::execute,
                  places -> outbox.control(FrameHeader.Kind.CREDIT, places, NOTHING)));
        }
      } catch (IOException e) {
        LOG.info("{}: its shared memory cannot be opened: {}", peer, e.toString());
      }
    }
    outbox.control(FrameHeader.Kind.ANSWER, opened ? 1 : 0, NOTHING);
  }

  /** The peer has opened the memory that it was offered, or has not. */
  void answered(boolean opened) {
    @Nullable SharedRing ring = unlinked();
    if (ring != null && opened) {
      outlet = new SharedOutlet(ring);
      outbox.share(outlet);
    }
    LOG.debug("{}: pieces go through {}", peer, opened ? "shared memory" : "the connection");
  }

  /** The peer has read more pieces; false if that cannot be. */
  boolean credited(int places) {
    return outlet != null && outlet.credit(places);
  }

  private synchronized boolean keep(SharedRing ring, boolean outgoing) {
    if (freed || (outgoing ? out : in) != null) {
      unlink(ring);
      ring.close();
      return false;
    }
    if (outgoing) {
      out = ring;
    } else {
      in = ring;
    }
    return true;
  }

  private synchronized @Nullable SharedRing unlinked() {
    if (out != null) {
      unlink(out);
    }
    return out;
  }

  private void unlink(SharedRing ring) {
    try {
      ring.unlink();
    } catch (IOException e) {
      LOG.warn("{}: a file of shared memory stays behind: {}", peer, e.toString());
    }
  }

  /** Gives all memory back. */
  synchronized void free() {
    freed = true;
    if (out != null) {
      unlink(out);
      out.close();
      out = null;
    }
    if (in != null) {
      in.close();
      in = null;
    }
  }
}
