package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import java.nio.file.Path;
import java.util.List;

/**
 * What Stage-A has written.
 *
 * @param files one per mission, in their order
 * @param pictures number of pictures that were asked about
 * @param leftOut groups that are in no file because a picture of theirs has no summary
 * @param unanswered one line on each picture without a summary
 */
public record StageAResult(
    List<Path> files, int pictures, List<String> leftOut, List<String> unanswered) {

  public StageAResult {
    files = List.copyOf(files);
    leftOut = List.copyOf(leftOut);
    unanswered = List.copyOf(unanswered);
  }

  /**
   * Nothing, if every picture has its summary.
   *
   * @throws UserError with the number of pictures without one, the groups left out for it, and the
   *     first such picture
   */
  public void requireAnswers() {
    if (!unanswered.isEmpty()) {
      throw new UserError(
          "%d of %d pictures have no answer, so these groups are left out: %s; the first: %s"
              .formatted(
                  unanswered.size(), pictures, String.join(", ", leftOut), unanswered.getFirst()));
    }
  }
}
