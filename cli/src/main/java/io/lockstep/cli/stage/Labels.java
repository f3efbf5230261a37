package io.lockstep.cli.stage;

import io.lockstep.data.stageb.Verdict;
import java.util.Optional;

/** How a label is written in files and in folder names. */
final class Labels {

  private Labels() {}

  /** {@code pass} or {@code fail}. */
  static String text(Verdict label) {
    return switch (label) {
      case PASS -> "pass";
      case FAIL -> "fail";
    };
  }

  /** The label of {@code pass} or {@code fail}. */
  static Optional<Verdict> ofText(String text) {
    return switch (text) {
      case "pass" -> Optional.of(Verdict.PASS);
      case "fail" -> Optional.of(Verdict.FAIL);
      default -> Optional.empty();
    };
  }

  /** The label of the groups in a folder of this name. */
  static Optional<Verdict> ofFolder(String name) {
    return switch (name) {
      case "审核通过" -> Optional.of(Verdict.PASS);
      case "审核不通过" -> Optional.of(Verdict.FAIL);
      default -> Optional.empty();
    };
  }
}
