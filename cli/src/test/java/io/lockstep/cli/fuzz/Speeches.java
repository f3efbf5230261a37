package io.lockstep.cli.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What clients have said to a port, each connection's bytes from its beginning; grows. */
public final class Speeches {

  private static final int MOST = 64;

  // Guarded by this.
  private final List<byte[]> said = new ArrayList<>();

  /** Nothing was said but a request of HTTP/1.1, which every port may get by mistake. */
  public Speeches() {
    add("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Adds a request of HTTP/1.1. */
  public Speeches withRequest(String method, String path, String headers, String body) {
    add(
        "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n%s"
            .formatted(method, path, body.length(), headers, body)
            .getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Adds a speech; of many the older ones are forgotten. */
  public synchronized void add(byte[] speech) {
    if (speech.length > 0) {
      said.add(speech);
      if (said.size() > MOST) {
        said.remove(1);
      }
    }
  }

  /** One of them. */
  public synchronized byte[] any(SplittableRandom random) {
    return said.get(random.nextInt(said.size())).clone();
  }
}
