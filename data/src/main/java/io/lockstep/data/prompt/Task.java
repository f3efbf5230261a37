package io.lockstep.data.prompt;

/** What a model does with a picture. */
public enum Task {
  /** Lists every object with its description and its place, as JSON. */
  DENSE,
  /** Describes the whole picture in one line. */
  SUMMARY
}
