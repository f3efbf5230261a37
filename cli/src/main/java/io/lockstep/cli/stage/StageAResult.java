package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import java.nio.file.Path;
import java.util.List;

/**
 * What Stage-A has written.
 *
 * @param files one per mission, in their order
 * @param pictures number of pictures that were asked about
 * @param answered number of pictures that have a summary
 * @param cut number of summaries that the limit of new tokens has cut off
 * @param leftOut groups that are in no file because a picture of theirs has no summary
 * @param unanswered one line on each picture without a summary
 */
public record StageAResult(
    List<Path> files,
    int pictures,
    int answered,
    int cut,
    List<String> leftOut,
    List<String> unanswered) {

  public StageAResult {
    files = List.copyOf(files);
    leftOut = List.copyOf(leftOut);
    unanswered = List.copyOf(unanswered);
  }

  /** How many of the answers the limit has cut off, in one line. */
  static String cut(int cut, int answers) {
    return "%d of %d answers were cut by max_new_tokens%s"
        .formatted(cut, answers, cut == 0 ? "" : ": raise --max-new-tokens to have them whole");
  }

  /** The same of the summaries. */
  public String cutLine() {
    return cut(cut, answered);
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
