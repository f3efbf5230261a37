package io.lockstep.data.record;

/** One valid line of a JSONL file. */
public sealed interface DataRecord permits ImageRecord, ChatRecord {

  /** The line that the record was read from. */
  Origin origin();
}
