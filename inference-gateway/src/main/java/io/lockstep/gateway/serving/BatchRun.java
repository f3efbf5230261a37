package io.lockstep.gateway.serving;

import io.lockstep.gateway.serving.ServingException.Kind;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One batch on one model: each job gets its answer or its failure. A job that makes the batch fail
 * takes no other job with it: the batch is then run again job by job. Since decoding is greedy the
 * second run says the same, so text that was already streamed is not streamed twice.
 */
final class BatchRun {

  private static final Logger log = LoggerFactory.getLogger(BatchRun.class);

  private final ServedModel model;
  private final BooleanSupplier aborted;

  BatchRun(ServedModel model, BooleanSupplier aborted) {
    this.model = model;
    this.aborted = aborted;
  }

  void run(List<Job> jobs) {
    List<Row> rows = jobs.stream().filter(job -> !job.isCancelled()).map(Row::new).toList();
    if (rows.isEmpty()) {
      return;
    }
    try {
      generate(rows);
    } catch (Abandoned e) {
      rows.forEach(
          row -> row.job.fail(new ServingException(Kind.CLOSING, "the gateway is closing")));
    } catch (RuntimeException e) {
      if (rows.size() == 1) {
        rows.getFirst().job.fail(modelFailed(rows.getFirst().job, e));
      } else {
        log.warn(
            "a batch of {} failed, running its requests one by one: {}", rows.size(), e.toString());
        rows.forEach(row -> run(row));
      }
    }
  }

  private void run(Row row) {
    row.seen = 0;
    try {
      generate(List.of(row));
    } catch (Abandoned e) {
      row.job.fail(new ServingException(Kind.CLOSING, "the gateway is closing"));
    } catch (RuntimeException e) {
      row.job.fail(modelFailed(row.job, e));
    }
  }

  private void generate(List<Row> rows) {
    List<Answer> answers =
        model.respond(
            rows.stream().map(row -> row.job.task().conversation(model.prompts())).toList(),
            rows.getFirst().job.maxNewTokens(),
            (index, piece) -> {
              rows.get(index).piece(piece);
              if (aborted.getAsBoolean() || rows.stream().allMatch(row -> row.job.isCancelled())) {
                throw new Abandoned();
              }
            });
    if (answers.size() != rows.size()) {
      throw new IllegalStateException(
          "the model gave " + answers.size() + " answers to " + rows.size() + " conversations");
    }
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).answer(answers.get(i));
    }
  }

  private static ServingException modelFailed(Job job, RuntimeException cause) {
    log.warn("{} failed", job.task().name(), cause);
    return new ServingException(
        Kind.MODEL_FAILED, "the model failed on " + job.task().name() + ": " + cause, cause);
  }

  /** Nobody waits for any row of the batch. */
  private static final class Abandoned extends RuntimeException {
    Abandoned() {
      super("nobody waits for this batch", null, false, false);
    }
  }

  /** A job in the batch with what its client has heard so far. */
  private static final class Row {
    private final Job job;
    private int seen;
    private int sent;

    Row(Job job) {
      this.job = job;
    }

    void piece(String piece) {
      int known = Math.clamp(sent - seen, 0, piece.length());
      seen += piece.length();
      sent = Math.max(sent, seen);
      if (known < piece.length()) {
        job.piece(piece.substring(known));
      }
    }

    void answer(Answer answer) {
      if (answer.isEmpty()) {
        job.fail(
            new ServingException(
                Kind.EMPTY_ANSWER,
                "empty generation for %s: %d prompt tokens, %d new tokens; an empty answer is never passed on"
                    .formatted(job.task().name(), answer.promptTokens(), answer.newTokens())));
      } else {
        job.answer(answer);
      }
    }
  }
}
