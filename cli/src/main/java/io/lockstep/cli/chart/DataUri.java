package io.lockstep.cli.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** Pictures as text, for pages that need no other file (RFC 2397). */
public final class DataUri {

  private DataUri() {}

  /** A PNG file as a data URI. */
  public static String ofPng(Path png) throws IOException {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(png));
  }
}
