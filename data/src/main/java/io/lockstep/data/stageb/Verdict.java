package io.lockstep.data.stageb;

/** What Stage-B says about a group of pictures; there is no third state. */
public enum Verdict {
  PASS("通过"),
  FAIL("不通过");

  private final String label;

  Verdict(String label) {
    this.label = label;
  }

  /** The word that stands in answers: {@code 通过} or {@code 不通过}. */
  public String label() {
    return label;
  }
}
