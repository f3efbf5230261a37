package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.worker.protocol.Directive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The evaluations of a run, one JSON object a line, readable while the run goes on. */
public final class EvaluationLog implements AutoCloseable {

  /** The file's name in the folder of a run. */
  public static final String FILE_NAME = "heldout-loss.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final StepLines lines;

  private EvaluationLog(StepLines lines) {
    this.lines = lines;
  }

  /** A log that nobody keeps. */
  static EvaluationLog none() {
    return new EvaluationLog(StepLines.none());
  }

  /**
   * Appends to the log in the run's folder.
   *
   * @param steps steps that are committed: lines of later ones, and one that was torn, are dropped
   */
  static EvaluationLog open(Path runDir, long steps) throws IOException {
    return new EvaluationLog(StepLines.open(runDir.resolve(FILE_NAME), steps, steps));
  }

  /** The last step that has a line; 0 if none. */
  long lastStep() {
    return lines.lastStep();
  }

  /**
   * Writes a line; a figure that is not finite is null.
   *
   * @param epoch passes over the data so far
   * @param board gets the figures that are finite, too
   */
  void write(Directive.Evaluation evaluation, double epoch, TensorBoardLog board)
      throws IOException {
    ObjectNode line = JSON.createObjectNode().put("step", evaluation.steps()).put("epoch", epoch);
    boolean used = evaluation.tokens() > 0;
    double loss = used ? evaluation.lossSum() / evaluation.tokens() : Double.NaN;
    if (Double.isFinite(loss)) {
      line.put("eval_loss", loss);
      board.write(evaluation.steps(), Map.of("eval/loss", loss));
    } else {
      line.putNull("eval_loss");
    }
    if (used) {
      double accuracy = (double) evaluation.correctTokens() / evaluation.tokens();
      line.put("eval_token_acc", accuracy);
      board.write(evaluation.steps(), Map.of("eval/token_accuracy", accuracy));
    } else {
      line.putNull("eval_token_acc");
    }
    lines.write(
        line.put("eval_tokens", evaluation.tokens()).put("eval_records", evaluation.records()));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
