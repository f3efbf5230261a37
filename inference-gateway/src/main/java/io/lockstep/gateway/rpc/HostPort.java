package io.lockstep.gateway.rpc;

/** Address of a server, written {@code host:port}, an IPv6 host in brackets. */
record HostPort(String host, int port) {

  /**
   * Reads an address.
   *
   * @throws IllegalArgumentException if it is not {@code host:port}
   */
  static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      String host = text.substring(0, Math.max(colon, 0));
      if (!host.isEmpty() && port > 0 && port < 1 << 16) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
      }
    } catch (NumberFormatException e) {
      // Said below, like every other way to be wrong.
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is not an address; write host:port, for example 127.0.0.1:50051");
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
