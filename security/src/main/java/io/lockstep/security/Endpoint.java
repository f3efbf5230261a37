package io.lockstep.security;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a gRPC server listens, written {@code HOST:PORT}, an IPv6 host in brackets. */
public record Endpoint(String host, int port) {

  private static final int MAX_PORT = 65_535;
  private static final Pattern HOST = Pattern.compile("[\\w.-]+");
  private static final Pattern HOST_PORT =
      Pattern.compile(
          "(?:(?<host>[\\w.-]+)|\\[(?<bracketed>[0-9a-fA-F:.%\\w]+)]):(?<port>[0-9]{1,5})");

  /** A port on this machine. */
  public static Endpoint local(int port) {
    return new Endpoint("127.0.0.1", port);
  }

  /**
   * Parses {@code HOST:PORT}.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static Endpoint parse(String text) {
    Matcher parts = HOST_PORT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no address: write HOST:PORT, for example %s:7070"
              .formatted(text, HOST.matcher(text).matches() ? text : "127.0.0.1"));
    }
    int port = Integer.parseInt(parts.group("port"));
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException(
          "'%s' is no address: its port must be 1 to %d".formatted(text, MAX_PORT));
    }
    String bracketed = parts.group("bracketed");
    return new Endpoint(bracketed == null ? parts.group("host") : bracketed, port);
  }

  @Override
  public String toString() {
    return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
  }
}
