package io.lockstep.data.image;

import java.util.List;

/** Bytes of an encoded picture, from {@code begin} to before {@code end}. */
record Range(int begin, int end) {

  /** Adds a range, as a part of the one before if it touches that. */
  static void add(List<Range> ranges, int begin, int end) {
    if (!ranges.isEmpty() && ranges.getLast().end == begin) {
      ranges.set(ranges.size() - 1, new Range(ranges.getLast().begin, end));
    } else {
      ranges.add(new Range(begin, end));
    }
  }
}
