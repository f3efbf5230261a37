package io.lockstep.verdict.artifact;

import io.lockstep.config.JsonSchema;

/** The files of rows that a run writes, each with the record that its lines hold. */
public enum Artifact {
  RUN("run.json", RunRow.class),
  TRAJECTORIES("trajectories.jsonl", TrajectoryRow.class),
  SELECTIONS("selections.jsonl", SelectionRow.class),
  FAILURES("failure_malformed.jsonl", MalformedRow.class),
  REFLECTION("reflection.jsonl", ReflectionRow.class),
  HYPOTHESES("hypotheses.json", HypothesisRow.class),
  HYPOTHESIS_EVENTS("hypothesis_events.jsonl", HypothesisEventRow.class),
  REVIEW_QUEUE("need_review_queue.jsonl", ReviewRow.class),
  NEED_REVIEW("need_review.json", NeedReviewRow.class),
  METRICS("metrics.jsonl", MetricsRow.class),
  REPORT_DELTA("group_report_delta.jsonl", DeltaRow.class),
  REPORT("group_report.jsonl", GroupReportRow.class),
  SUSPECTS("suspect_labels.jsonl", SuspectRow.class),
  RISK("risk_coverage.jsonl", RiskRow.class);

  private final String file;
  private final Class<? extends Record> row;

  Artifact(String file, Class<? extends Record> row) {
    this.file = file;
    this.row = row;
  }

  /** Its name in the run's folder; {@code .json} holds a list, {@code .jsonl} a row a line. */
  public String file() {
    return file;
  }

  /** Whether its rows stand in one list. */
  public boolean isList() {
    return file.endsWith(".json") && this != RUN;
  }

  /** What a row holds. */
  public Class<? extends Record> row() {
    return row;
  }

  /** The JSON Schema of a row. */
  public String schema() {
    return JsonSchema.ofLine(row, "A row of " + file);
  }
}
