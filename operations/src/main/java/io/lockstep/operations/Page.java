package io.lockstep.operations;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What is served below a path; asked from several threads. */
@FunctionalInterface
public interface Page {

  /**
   * An answer.
   *
   * @param status of HTTP
   * @param type its media type
   * @param body kept by the caller
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way to a socket, compared by nobody.
  record Content(int status, String type, byte[] body) {

    /** Text in UTF-8. */
    public static Content text(int status, String text) {
      return new Content(
          status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** A page in UTF-8. */
    public static Content html(String html) {
      return new Content(200, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
    }

    /** JSON in UTF-8. */
    public static Content json(String json) {
      return new Content(200, "application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    /** Nothing is there. */
    public static Content missing() {
      return text(404, "there is nothing here\n");
    }
  }

  /**
   * Answers a GET.
   *
   * @param path what comes behind the page's own path, without a slash at its beginning
   * @param query the query's parameters, each once
   * @throws IOException if it can't be answered; the caller is told no more than that
   */
  Content get(String path, Map<String, String> query) throws IOException;
}
