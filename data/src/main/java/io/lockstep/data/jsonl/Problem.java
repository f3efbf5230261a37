package io.lockstep.data.jsonl;

import java.nio.file.Path;

/**
 * Something wrong in a data file.
 *
 * @param file the file
 * @param line the line, from 1; 0 for the file as a whole
 * @param field where in the record, such as {@code objects[3].bbox_2d}; empty for the whole line
 * @param what what is wrong and how to put it right
 */
public record Problem(Path file, long line, String field, String what) {

  /** {@code file:line: field: what}, without the parts that do not apply. */
  @Override
  public String toString() {
    return place() + words();
  }

  /** The same for something that can be used: {@code file:line: warning: field: what}. */
  public String asWarning() {
    return place() + "warning: " + words();
  }

  private String place() {
    return (line == 0 ? file.toString() : file + ":" + line) + ": ";
  }

  private String words() {
    return (field.isEmpty() ? "" : field + ": ") + what;
  }
}
