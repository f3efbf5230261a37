package io.lockstep.data.jsonl;

/** Where the lines of a file start, and one past the last line's end as if it had a newline. */
interface Offsets {

  /** The offset at an index from 0. */
  long get(long index);

  /** How many offsets there are: one more than lines. */
  long size();
}
