package io.lockstep.data.record;

import java.nio.file.Path;

/**
 * Where a record comes from.
 *
 * @param file the JSONL file
 * @param line the line, from 1
 */
public record Origin(Path file, long line) {

  /** {@code file:line}. */
  @Override
  public String toString() {
    return file + ":" + line;
  }
}
