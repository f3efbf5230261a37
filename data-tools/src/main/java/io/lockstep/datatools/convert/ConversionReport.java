package io.lockstep.datatools.convert;

import java.nio.file.Path;
import java.util.List;

/**
 * What a conversion came to.
 *
 * @param jsonl the file that was written
 * @param records its lines
 * @param objects annotated objects in it
 * @param remarks everything that was left out or changed, in the order of its first occurrence
 */
public record ConversionReport(Path jsonl, long records, long objects, List<Remark> remarks) {

  /** Copies the list. */
  public ConversionReport {
    remarks = List.copyOf(remarks);
  }

  /**
   * Something that happened to some pictures or annotations.
   *
   * @param what happened, for instance {@code annotation skipped: it is a crowd}
   * @param count how often
   * @param example the first of them
   */
  public record Remark(String what, long count, String example) {}
}
