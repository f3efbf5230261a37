package io.lockstep.cli.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run's page tells besides its logged steps and its recipe; kept in {@value #FILE}, so that
 * the page can be drawn again.
 *
 * @param title what was done
 * @param training folder of the training, relative to that of the report
 * @param workers processes that trained
 * @param trainSeconds wall time of training
 * @param samplesPerSecond over the logged steps
 * @param totalSeconds wall time of everything
 * @param checkpoint folder of the last one
 * @param computedWith library and processor capability
 * @param answers to held-out pictures, if the job asked for any
 */
public record RunReport(
    String title,
    String training,
    int workers,
    double trainSeconds,
    double samplesPerSecond,
    double totalSeconds,
    String checkpoint,
    String weightsSha256,
    String computedWith,
    Provenance provenance,
    @Nullable Answers answers) {

  /** The file's name in the folder of a run. */
  public static final String FILE = "report.json";

  /** The page's. */
  public static final String PAGE = "index.html";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /**
   * Held-out pictures and what models say about them.
   *
   * @param heldOut the JSONL file that they are of, relative to the report
   * @param truths what is to be said about each of its pictures, in order
   * @param base what the model said before training
   * @param tuned and after
   * @param service health and services of the gateway that was asked
   */
  public record Answers(
      String heldOut,
      List<String> truths,
      List<String> base,
      List<String> tuned,
      List<Verdict> verdicts,
      String service) {

    public Answers {
      truths = List.copyOf(truths);
      base = List.copyOf(base);
      tuned = List.copyOf(tuned);
      verdicts = List.copyOf(verdicts);
    }

    double share(List<String> said) {
      long right = 0;
      for (int i = 0; i < truths.size(); i++) {
        right += truths.get(i).equals(said.get(i)) ? 1 : 0;
      }
      return (double) right / Math.max(1, truths.size());
    }
  }

  /**
   * A group of pictures and its verdict.
   *
   * @param label what is right
   */
  public record Verdict(String group, String label, boolean right, String answer) {}

  /** Writes the file and the page into a folder; returns the page. */
  public Path write(Path folder) throws IOException {
    FileWrites.text(folder.resolve(FILE), JSON.writeValueAsString(this) + "\n");
    return RunPage.write(folder, this);
  }

  /** Reads the file of a folder. */
  public static RunReport read(Path folder) throws IOException {
    return JSON.readValue(folder.resolve(FILE).toFile(), RunReport.class);
  }
}
