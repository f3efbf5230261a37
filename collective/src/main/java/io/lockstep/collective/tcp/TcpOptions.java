package io.lockstep.collective.tcp;

import io.lockstep.collective.Stall;
import io.lockstep.collective.StallLimits;
import java.time.Duration;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a {@link TcpCollective} behaves.
 *
 * @param stallLimits how long an exchange may wait for a peer without a byte of progress before
 *     {@code stalls} is told
 * @param stalls is told of exchanges that stand still
 * @param exchangeNames names the exchange of a tag for reports, such as {@code step 7, reduce}
 * @param sharedMemory whether pieces for ranks of the same host pass through memory shared with
 *     them instead of the socket
 */
public record TcpOptions(
    StallLimits stallLimits,
    Stall.Listener stalls,
    LongFunction<String> exchangeNames,
    boolean sharedMemory) {

  private static final Logger LOG = LoggerFactory.getLogger(TcpOptions.class);
  private static final Duration STALL_AFTER = Duration.ofSeconds(2);

  /** Reports stalls of two seconds to the log; uses shared memory. */
  public static TcpOptions standard() {
    return new TcpOptions(
        StallLimits.fixed(STALL_AFTER),
        stall -> LOG.warn("{}", stall.message()),
        tag -> "tag " + tag,
        true);
  }

  /** The same but for who is told of stalls, and when. */
  public TcpOptions withStalls(Duration after, Stall.Listener listener) {
    return withStalls(StallLimits.fixed(after), listener);
  }

  /** The same but for who is told of stalls, and when. */
  public TcpOptions withStalls(StallLimits limits, Stall.Listener listener) {
    return new TcpOptions(limits, listener, exchangeNames, sharedMemory);
  }

  /** The same but for the names of exchanges. */
  public TcpOptions withExchangeNames(LongFunction<String> names) {
    return new TcpOptions(stallLimits, stalls, names, sharedMemory);
  }

  /** The same but for the use of shared memory. */
  public TcpOptions withSharedMemory(boolean use) {
    return new TcpOptions(stallLimits, stalls, exchangeNames, use);
  }
}
