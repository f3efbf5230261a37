package io.lockstep.verdict.reflection;

import java.util.HashMap;
import java.util.Map;

/** What reflections may still ask in an epoch. */
public final class Budget {

  private final int retries;
  private int calls;
  private final Map<String, Integer> asked = new HashMap<>();

  /** A budget that nothing was spent of. */
  public Budget(ReflectionSection settings) {
    this.calls = settings.maxCallsPerEpoch();
    this.retries = settings.retryBudgetPerGroupPerEpoch();
  }

  /** Whether another question may be asked. */
  public boolean hasCalls() {
    return calls > 0;
  }

  void call() {
    if (calls == 0) {
      throw new IllegalStateException("no question is left in this epoch");
    }
    calls--;
  }

  /** Counts a question without an answer about a ticket; true if it may be asked about again. */
  boolean retry(String ticket) {
    return asked.merge(ticket, 1, Integer::sum) <= retries;
  }
}
