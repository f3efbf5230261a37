package io.lockstep.data.record;

import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Finds every problem of a JSONL file and of the pictures that it names. */
public final class DataCheck {

  /** Records per thread that are looked at together: bounds the memory. */
  private static final int RECORDS_AHEAD = 16;

  private final Sink sink;
  private final Decoding decoding;
  private final ProblemKinds kinds = new ProblemKinds();
  private final ProblemKinds warningKinds = new ProblemKinds();
  private long problems;
  private long warnings;
  private long decoded;

  /** Hears of a check while it goes on; in the order of the file. */
  public interface Sink {

    /**
     * A problem.
     *
     * @param ofItsKind how many of its kind there have been, with it
     */
    void problem(Problem problem, long ofItsKind);

    /** Something that can be used, and is rarely meant. */
    default void warning(Problem warning, long ofItsKind) {}

    /** So many records were looked at. */
    default void progress(long done, long records) {}
  }

  /**
   * What is found in one record.
   *
   * @param named what each problem's message is about, such as a path; empty if nothing such
   */
  record Found(List<Problem> problems, List<String> named, List<Problem> warnings, int decoded) {}

  private DataCheck(Sink sink, Decoding decoding) {
    this.sink = sink;
    this.decoding = decoding;
  }

  /**
   * What a check came to.
   *
   * @param records lines looked at
   * @param problems problems handed to the sink
   * @param kinds the same by kind, the most frequent first
   * @param warnings warnings handed to the sink
   * @param decoded pictures that were decoded, and not looked at by their headers alone
   */
  public record Result(
      long records, long problems, List<ProblemKinds.Kind> kinds, long warnings, long decoded) {}

  /**
   * Looks at every line, in memory for a few lines at a time. Pictures are walked through to their
   * end without decoding pixels: each must be whole, of a known format, within the limits, and have
   * the stated size once its orientation is applied.
   *
   * @param sink gets each problem, in file order, as soon as it is found
   */
  public static Result check(Path jsonl, Consumer<Problem> sink) {
    return check(jsonl, (problem, ofItsKind) -> sink.accept(problem), Decoding.NONE);
  }

  /** The same for a sink that hears of more, and with pictures that are decoded, too. */
  public static Result check(Path jsonl, Sink sink, Decoding decoding) {
    return new DataCheck(sink, decoding).run(jsonl);
  }

  private Result run(Path jsonl) {
    long records = 0;
    try (JsonlFile file = JsonlFile.openToCheck(jsonl)) {
      if (file.size() == 0) {
        report(new Problem(jsonl, 0, "", "holds no records"), "");
      }
      records = file.size();
      checkLines(file);
    } catch (DataException e) {
      e.problems().forEach(problem -> report(problem, ""));
    }
    return new Result(records, problems, kinds.list(), warnings, decoded);
  }

  /** Several threads look at records, this one tells what they found. */
  private void checkLines(JsonlFile file) {
    RecordCheck check = new RecordCheck(file, decoding.of(file.size()));
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      int batch = threads * RECORDS_AHEAD;
      for (long begin = 0; begin < file.size(); begin += batch) {
        long end = Math.min(begin + batch, file.size());
        List<Future<Found>> found = new ArrayList<>();
        for (long i = begin; i < end; i++) {
          long index = i;
          found.add(pool.submit(() -> check.check(index)));
        }
        for (Future<Found> each : found) {
          tell(await(each));
        }
        sink.progress(end, file.size());
      }
    }
  }

  private static Found await(Future<Found> found) {
    try {
      return found.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException("a record was not looked at", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new InterruptedIOException("the check was ended"));
    }
  }

  private void tell(Found found) {
    for (int i = 0; i < found.problems().size(); i++) {
      report(found.problems().get(i), found.named().get(i));
    }
    for (Problem warning : found.warnings()) {
      warnings++;
      sink.warning(warning, warningKinds.add(warning, ""));
    }
    decoded += found.decoded();
  }

  private void report(Problem problem, String named) {
    problems++;
    sink.problem(problem, kinds.add(problem, named));
  }
}
