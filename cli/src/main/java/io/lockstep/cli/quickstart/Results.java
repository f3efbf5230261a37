package io.lockstep.cli.quickstart;

import io.lockstep.cli.report.RunReport;
import io.lockstep.cli.train.Training;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.record.ImageRecord;
import java.util.List;

/**
 * What came of a whole job.
 *
 * @param baseExactMatch share of held-out summaries that the base model got right to the character
 * @param exactMatch the same after training
 * @param services what the gateway's reflection lists
 * @param health what its health service says
 */
public record Results(
    int workers,
    Training.Result training,
    double baseExactMatch,
    double exactMatch,
    List<Picture> pictures,
    List<RunReport.Verdict> verdicts,
    List<String> services,
    String health,
    double totalSeconds) {

  public Results {
    pictures = List.copyOf(pictures);
    verdicts = List.copyOf(verdicts);
    services = List.copyOf(services);
  }

  /**
   * A held-out picture.
   *
   * @param truth what is to be said about it
   * @param base what the base model said
   * @param tuned what the fine-tuned model said
   */
  public record Picture(ImageRecord record, String truth, String base, String tuned) {

    /** Whether the fine-tuned answer is the truth to the character. */
    public boolean right() {
      return SameText.same(truth, tuned);
    }
  }

  /** Share of held-out groups whose verdict is their label. */
  public double stageBAccuracy() {
    return (double) verdicts.stream().filter(RunReport.Verdict::right).count()
        / Math.max(1, verdicts.size());
  }
}
