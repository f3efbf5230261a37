package io.lockstep.gateway;

import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.serving.ServingMemory;
import io.lockstep.security.ListenAddress;

/**
 * How a gateway runs.
 *
 * @param source where the model comes from
 * @param listen where it listens
 * @param maxBatch most conversations generated together
 * @param queueCapacity most requests that wait
 * @param limits how much one request may ask for
 * @param memory how much all requests together may use
 * @param logRequests whether each request is logged
 */
public record GatewayOptions(
    ModelSource source,
    ListenAddress listen,
    int maxBatch,
    int queueCapacity,
    RequestLimits limits,
    ServingMemory memory,
    boolean logRequests) {

  private static final int MAX_BATCH = 16;
  private static final int QUEUE_CAPACITY = 256;

  public GatewayOptions {
    if (maxBatch < 1 || queueCapacity < maxBatch) {
      throw new IllegalArgumentException(
          "a batch holds at least 1 request and the queue at least a batch, not %d and %d"
              .formatted(maxBatch, queueCapacity));
    }
  }

  /** A gateway on a free port of the loopback interface. */
  public static GatewayOptions of(ModelSource source) {
    return new GatewayOptions(
        source,
        ListenAddress.local(),
        MAX_BATCH,
        QUEUE_CAPACITY,
        RequestLimits.DEFAULT,
        ServingMemory.ofMachine(),
        false);
  }

  /** The same on another address. */
  public GatewayOptions at(ListenAddress other) {
    return new GatewayOptions(source, other, maxBatch, queueCapacity, limits, memory, logRequests);
  }

  /** The same with other batching. */
  public GatewayOptions batching(int newMaxBatch, int newQueueCapacity) {
    return new GatewayOptions(
        source, listen, newMaxBatch, newQueueCapacity, limits, memory, logRequests);
  }

  /** The same with other limits. */
  public GatewayOptions limitedTo(RequestLimits newLimits) {
    return new GatewayOptions(
        source, listen, maxBatch, queueCapacity, newLimits, memory, logRequests);
  }

  /** The same with other memory. */
  public GatewayOptions within(ServingMemory newMemory) {
    return new GatewayOptions(
        source, listen, maxBatch, queueCapacity, limits, newMemory, logRequests);
  }

  /** The same with a line of log per request, or without. */
  public GatewayOptions loggingRequests(boolean newLogRequests) {
    return new GatewayOptions(
        source, listen, maxBatch, queueCapacity, limits, memory, newLogRequests);
  }
}
