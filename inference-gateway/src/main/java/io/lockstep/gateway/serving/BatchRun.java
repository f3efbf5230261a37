package io.lockstep.gateway.serving;

import io.lockstep.data.answer.Finish;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.gateway.serving.ServingException.Kind;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.generate.EmptyGeneration;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationResult;
import io.lockstep.model.generate.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One batch on one model: each job gets its answer or its failure. A job that makes the batch fail
 * takes no other job with it: what is unanswered is then run again job by job, which takes less
 * memory too, should that have been short. Since an answer depends on its request alone the second
 * run says the same, so text that was already streamed is not streamed twice.
 */
final class BatchRun {

  private static final Logger log = LoggerFactory.getLogger(BatchRun.class);

  private final SharedModel owner;
  private final ServedModel model;
  private final BooleanSupplier aborted;
  private final Runnable progressed;

  /**
   * A batch.
   *
   * @param aborted asked at each text whether to give up
   * @param progressed told of each text
   */
  BatchRun(SharedModel owner, BooleanSupplier aborted, Runnable progressed) {
    this.progressed = progressed;
    this.owner = owner;
    this.model = owner.model();
    this.aborted = aborted;
  }

  void run(List<Job> jobs) {
    List<Row> rows = new ArrayList<>();
    for (Job job : jobs) {
      // One that was cancelled meanwhile has let its input go.
      job.prompt(owner).ifPresent(prompt -> rows.add(new Row(job, prompt)));
    }
    if (rows.isEmpty()) {
      return;
    }
    try {
      generate(rows);
    } catch (Abandoned e) {
      rows.forEach(row -> row.job.fail(ServingException.closing()));
    } catch (RuntimeException | OutOfMemoryError e) {
      requirePassing(e);
      if (rows.size() == 1) {
        rows.getFirst().job.fail(modelFailed(rows.getFirst().job, e));
      } else {
        log.warn(
            "a batch of {} failed, running its requests one by one: {}", rows.size(), e.toString());
        rows.stream().filter(row -> row.job.isOpen()).forEach(row -> run(row));
      }
    }
  }

  private void run(Row row) {
    row.seen = 0;
    try {
      generate(List.of(row));
    } catch (Abandoned e) {
      row.job.fail(ServingException.closing());
    } catch (RuntimeException | OutOfMemoryError e) {
      requirePassing(e);
      row.job.fail(modelFailed(row.job, e));
    }
  }

  /** Lets the process end where it can't go on. */
  private static void requirePassing(Throwable failure) {
    if (failure instanceof OutOfMemoryError error && !Shortage.isPassing(error)) {
      throw error;
    }
  }

  private void generate(List<Row> rows) {
    if (rows.getFirst().job.detects()) {
      detect(rows);
      return;
    }
    model.respond(
        rows.stream().map(row -> row.prompt).toList(),
        rows.getFirst().job.options().profile(),
        new GenerationListener() {
          @Override
          public void onText(int row, String piece) {
            progressed.run();
            rows.get(row).piece(piece);
            if (aborted.getAsBoolean() || rows.stream().noneMatch(each -> each.job.isOpen())) {
              throw new Abandoned();
            }
          }

          @Override
          public void onEnd(int row, GenerationResult result) {
            rows.get(row).end(result, model.prompts().emitNorm());
          }
        });
    for (Row row : rows) {
      if (!row.ended) {
        throw new IllegalStateException("the model ended without an answer to " + row.name());
      }
    }
  }

  private void detect(List<Row> rows) {
    List<List<FoundObject>> found = model.detect(rows.stream().map(row -> row.prompt).toList());
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).job.found(found.get(i));
    }
  }

  private static ServingException modelFailed(Job job, Throwable cause) {
    if (Shortage.isPassing(cause)) {
      log.warn("{} didn't fit into memory: {}", job.task().name(), cause.toString());
      return new ServingException(
          Kind.EXHAUSTED,
          job.task().name()
              + " didn't fit into the machine's memory beside all else; retry later, or start the"
              + " gateway with a smaller --memory-mib or on a machine with more",
          cause);
    }
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
    private final Prompt prompt;
    private int seen;
    private int sent;
    private boolean ended;

    Row(Job job, Prompt prompt) {
      this.job = job;
      this.prompt = prompt;
    }

    void piece(String piece) {
      int known = Math.clamp(sent - seen, 0, piece.length());
      seen += piece.length();
      sent = Math.max(sent, seen);
      if (known < piece.length()) {
        job.piece(piece.substring(known));
      }
    }

    String name() {
      return job.task().name();
    }

    void end(GenerationResult result, EmitNorm emitNorm) {
      ended = true;
      switch (result) {
        case Generation generation ->
            job.answer(
                new Job.Answer(
                    generation.text(),
                    generation.promptTokens(),
                    generation.newTokens(),
                    Finish.of(generation.endedByEos()),
                    emitNorm));
        case EmptyGeneration empty -> fail(empty.message());
      }
    }

    private void fail(String problem) {
      job.fail(
          new ServingException(
              Kind.EMPTY_ANSWER, problem + "; an empty answer is never passed on"));
    }
  }
}
