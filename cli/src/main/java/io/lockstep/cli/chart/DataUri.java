package io.lockstep.cli.chart;

import java.util.Base64;

/** Pictures and fonts as text, for pages that need no other file (RFC 2397). */
public final class DataUri {

  private DataUri() {}

  /** The content of a file of some type as a data URI. */
  public static String of(String type, byte[] content) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
  }
}
