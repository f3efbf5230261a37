package io.lockstep.collective.tcp;

/**
 * A member of a world and where its {@link TcpListener} is reached.
 *
 * @param rank from 0 to world size - 1
 * @param name for messages
 */
public record Peer(int rank, String name, String host, int port) {

  /** Such as {@code rank 1 (w-b at 10.0.0.2:4711)}. */
  @Override
  public String toString() {
    return "rank %d (%s at %s:%d)".formatted(rank, name, host, port);
  }
}
