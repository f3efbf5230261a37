package io.lockstep.collective.fault;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The proxies among named processes, for faults that concern several of them at once. */
public final class FaultNetwork implements AutoCloseable {

  private record Link(String from, String to, FaultProxy proxy) {}

  private final List<Link> links = new ArrayList<>();

  /**
   * Puts a proxy between two processes.
   *
   * @param from name of the process that will connect to the proxy
   * @param to name of the process behind it, which listens at {@code host:port}
   */
  public FaultProxy link(String from, String to, String host, int port) throws IOException {
    FaultProxy proxy = FaultProxy.to(host, port);
    links.add(new Link(from, to, proxy));
    return proxy;
  }

  /**
   * Cuts a group off from another: between them nothing passes in either direction, not even the
   * end of a connection. Within each group all stays as it is.
   */
  public void partition(Set<String> one, Set<String> other) {
    for (Link link : links) {
      if ((one.contains(link.from()) && other.contains(link.to()))
          || (other.contains(link.from()) && one.contains(link.to()))) {
        link.proxy().set(new Fault.Hold());
      }
    }
  }

  /** Lets everything through again; what was held goes on. */
  public void heal() {
    links.forEach(link -> link.proxy().heal());
  }

  /** Closes all proxies. */
  @Override
  public void close() {
    links.forEach(link -> link.proxy().close());
  }
}
