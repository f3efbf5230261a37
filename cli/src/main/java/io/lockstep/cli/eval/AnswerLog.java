package io.lockstep.cli.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.score.DenseScore;
import io.lockstep.data.score.MatchCounts;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Answers as a JSONL file, one line each, written as they come: {@code id}, {@code file}, {@code
 * line}, {@code dataset} (of a fusion), {@code images}, {@code kind}, {@code token_budget}, {@code
 * answer}, {@code filtered_answer}, {@code target}, {@code prompt_tokens}, {@code tokens}, {@code
 * ended_by}, {@code verdict}, {@code exact_match}, {@code reason} and, of dense questions, {@code
 * dense}. docs/evaluation.md describes them.
 */
public final class AnswerLog implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BufferedWriter writer;

  private AnswerLog(BufferedWriter writer) {
    this.writer = writer;
  }

  /** Opens a file anew; its folder is made if need be. */
  public static AnswerLog open(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    return new AnswerLog(FileWrites.writer(file));
  }

  /**
   * Adds an answer.
   *
   * @param dataset the target of a fusion, or nothing
   * @param budget the token budget under which it was given
   */
  public void add(String dataset, double budget, Judged answer) throws IOException {
    writer.write(line(dataset, budget, answer));
    writer.write('\n');
    writer.flush();
  }

  static String line(String dataset, double budget, Judged answer) throws IOException {
    Question question = answer.question();
    ObjectNode line =
        JSON.createObjectNode()
            .put("id", question.place())
            .put("file", question.origin().file().toString())
            .put("line", question.origin().line());
    if (!dataset.isEmpty()) {
      line.put("dataset", dataset);
    }
    var images = line.putArray("images");
    question.prompt().images().stream().map(ImageSource::name).forEach(images::add);
    line.put("kind", question.kind().label())
        .put("token_budget", budget)
        .put("answer", answer.answer())
        .put("filtered_answer", answer.filtered())
        .put("target", question.truth())
        .put("prompt_tokens", answer.promptTokens())
        .put("tokens", answer.newTokens())
        .put("ended_by", Finish.of(answer.endedByModel()).label())
        .put("verdict", answer.verdict().label())
        .put("exact_match", answer.exact());
    if (!answer.reason().isEmpty()) {
      line.put("reason", answer.reason());
    }
    answer.dense().ifPresent(score -> dense(line.putObject("dense"), score));
    return JSON.writeValueAsString(line);
  }

  private static void dense(ObjectNode node, DenseScore score) {
    counts(node, score.overall());
    counts(node.putObject("boxes"), score.boxes());
    counts(node.putObject("polygons"), score.polygons());
    counts(node.putObject("lines"), score.lines());
  }

  private static void counts(ObjectNode node, MatchCounts counts) {
    node.put("truths", counts.truths())
        .put("answered", counts.answered())
        .put("matched", counts.matched())
        .put("found", counts.found())
        .put("described", counts.described());
    if (counts.matched() > 0) {
      node.put("mean_iou", counts.meanIou());
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
