package io.lockstep.data.fusion;

/** What is made of a dataset's records. */
public enum DatasetTemplate {
  /** Every object with its place, asked for in the words of the run. */
  TARGET_DENSE,
  /** One line about the whole picture. */
  TARGET_SUMMARY,
  /** One or the other, drawn anew for each record and epoch. */
  MIXED,
  /**
   * Every object with its place, asked for in words of its own, apart from those of the targets.
   */
  SOURCE_DENSE,
  /** Records that are conversations, as they stand. */
  CHATML
}
