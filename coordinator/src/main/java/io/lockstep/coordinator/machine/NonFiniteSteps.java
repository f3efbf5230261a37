package io.lockstep.coordinator.machine;

import java.util.List;
import java.util.stream.Collectors;

/** What is said of steps whose loss, a term of it or the gradient is not finite. */
final class NonFiniteSteps {

  /** Most names in a message. */
  private static final int NAMES_SHOWN = 32;

  private NonFiniteSteps() {}

  /** Of a step that is skipped. */
  static String notice(
      StepDecision.Verdict.NotFinite verdict, int inARow, int limit, long skippedSteps) {
    return "SKIPPED step %d, which changes no weight (%d in a row of at most %d, %d in all): %s; %s"
        .formatted(
            verdict.step().step(),
            inARow,
            limit,
            skippedSteps,
            verdict.reason(),
            samples(verdict.samples()));
  }

  /** Of the step that ends a run. */
  static String tooMany(StepDecision.Verdict.NotFinite verdict, int inARow, int limit) {
    String remedy =
        limit == 0
            ? "training.max_nonfinite_steps would skip such a step"
            : "%d steps in a row are more than training.max_nonfinite_steps (%d)"
                .formatted(inARow, limit);
    return "%s; %s; %s".formatted(verdict.reason(), samples(verdict.samples()), remedy);
  }

  private static String samples(List<String> names) {
    if (names.isEmpty()) {
      return "no virtual rank by itself was not finite, the sum of their gradients is";
    }
    int more = names.size() - NAMES_SHOWN;
    return "samples of the virtual ranks that were not finite: "
        + names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "))
        + (more > 0 ? " and " + more + " more" : "");
  }
}
