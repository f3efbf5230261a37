package io.lockstep.gateway;

import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.serving.ServingMemory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * How a gateway runs.
 *
 * @param source where the model comes from
 * @param host address to listen on
 * @param port port to listen on; 0 takes a free one
 * @param allowRemote whether a host that other machines can reach is meant
 * @param maxBatch most conversations generated together
 * @param queueCapacity most requests that wait
 * @param limits how much one request may ask for
 * @param memory how much all requests together may use
 * @param logRequests whether each request is logged
 */
public record GatewayOptions(
    ModelSource source,
    String host,
    int port,
    boolean allowRemote,
    int maxBatch,
    int queueCapacity,
    RequestLimits limits,
    ServingMemory memory,
    boolean logRequests) {

  private static final String LOOPBACK = "127.0.0.1";
  private static final int MAX_BATCH = 16;
  private static final int QUEUE_CAPACITY = 256;

  public GatewayOptions {
    if (port < 0 || port >= 1 << 16) {
      throw new IllegalArgumentException(
          "port " + port + " does not exist; use 0 for a free one or 1 to 65535");
    }
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
        LOOPBACK,
        0,
        false,
        MAX_BATCH,
        QUEUE_CAPACITY,
        RequestLimits.DEFAULT,
        ServingMemory.ofMachine(),
        false);
  }

  /** The same on another address. */
  public GatewayOptions at(String newHost, int newPort, boolean newAllowRemote) {
    return new GatewayOptions(
        source,
        newHost,
        newPort,
        newAllowRemote,
        maxBatch,
        queueCapacity,
        limits,
        memory,
        logRequests);
  }

  /** The same with other batching. */
  public GatewayOptions batching(int newMaxBatch, int newQueueCapacity) {
    return new GatewayOptions(
        source,
        host,
        port,
        allowRemote,
        newMaxBatch,
        newQueueCapacity,
        limits,
        memory,
        logRequests);
  }

  /** The same with other limits. */
  public GatewayOptions limitedTo(RequestLimits newLimits) {
    return new GatewayOptions(
        source, host, port, allowRemote, maxBatch, queueCapacity, newLimits, memory, logRequests);
  }

  /** The same with other memory. */
  public GatewayOptions within(ServingMemory newMemory) {
    return new GatewayOptions(
        source, host, port, allowRemote, maxBatch, queueCapacity, limits, newMemory, logRequests);
  }

  /** The same with a line of log per request, or without. */
  public GatewayOptions loggingRequests(boolean newLogRequests) {
    return new GatewayOptions(
        source, host, port, allowRemote, maxBatch, queueCapacity, limits, memory, newLogRequests);
  }

  /**
   * The address to listen on.
   *
   * @throws IllegalArgumentException if it is unknown, or other machines could reach it and that
   *     was not asked for
   */
  InetSocketAddress address() {
    InetAddress resolved;
    try {
      resolved = InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "host \"" + host + "\" is unknown; use 127.0.0.1 or an address of this machine", e);
    }
    if (!resolved.isLoopbackAddress() && !allowRemote) {
      throw new IllegalArgumentException(
          "host %s can be reached by other machines, and the gateway asks nobody for a password: "
                  .formatted(host)
              + "use 127.0.0.1, or add --allow-remote if the network around it is trusted");
    }
    return new InetSocketAddress(resolved, port);
  }
}
