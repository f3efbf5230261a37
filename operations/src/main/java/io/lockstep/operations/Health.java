package io.lockstep.operations;

/**
 * How a process is, as an orchestrator asks: whether it has started, whether it can be given work,
 * and whether it would help to start it again. Asked from any thread, and answered at once.
 */
public interface Health {

  /**
   * A state with its reason.
   *
   * @param ok whether it is as it should be
   * @param detail one line, for people
   */
  record Condition(boolean ok, String detail) {

    /** As it should be. */
    public static Condition good(String detail) {
      return new Condition(true, detail);
    }

    /** Not as it should be. */
    public static Condition bad(String detail) {
      return new Condition(false, detail);
    }
  }

  /** Whether it has come up, for example loaded its model. */
  Condition started();

  /** Whether it can do its work now. */
  Condition ready();

  /** Whether it is worth keeping: not so if nothing but a new start would get it going. */
  Condition live();
}
