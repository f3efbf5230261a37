package io.lockstep.operations.trace;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A span by its identifiers, as W3C's Trace Context has them.
 *
 * @param traceId 32 lower-case hexadecimal digits
 * @param spanId 16 of them
 * @param sampled whether whoever began the trace wants it kept
 */
public record TraceContext(String traceId, String spanId, boolean sampled) {

  /** The header, and the key of gRPC's metadata, that carries it. */
  public static final String HEADER = "traceparent";

  private static final Pattern TRACEPARENT =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  private static final int MOST = 512;
  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;

  /** Reads a header; empty if it is none. */
  public static Optional<TraceContext> parse(String header) {
    Matcher parts = TRACEPARENT.matcher(header.length() > MOST ? "" : header);
    return parts.matches()
        ? Optional.of(
            new TraceContext(
                parts.group(1), parts.group(2), (Integer.parseInt(parts.group(3), 16) & 1) == 1))
        : Optional.empty();
  }

  /**
   * What all processes that take part in something call it without asking each other.
   *
   * @param run the run, such as its folder
   * @param what for example {@code "step"}
   * @param generation the membership that does it
   * @param number which one
   */
  public static TraceContext of(String run, String what, long generation, long number) {
    String name = "%s\n%s\n%d\n%d".formatted(run, what, generation, number);
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      HexFormat hex = HexFormat.of();
      return new TraceContext(
          hex.formatHex(digest, 0, TRACE_BYTES),
          hex.formatHex(digest, TRACE_BYTES, TRACE_BYTES + SPAN_BYTES),
          true);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
