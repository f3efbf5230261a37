package io.lockstep.cli.stage;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.cli.console.UserError;
import io.lockstep.client.Group;
import io.lockstep.client.Outcome;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.ticket.Ticket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Stage-B over Stage-A's output: one verdict per group, compared with the labels afterwards. */
public final class StageB {

  /** Verdicts, one line per group. */
  public static final String SELECTIONS = "selections.jsonl";

  /** Answers that were no verdict, one line per group; without {@code raw} where none came. */
  public static final String MALFORMED = "failure_malformed.jsonl";

  private static final String ENDED_BY = "ended_by";
  private static final ObjectMapper JSON = new ObjectMapper();

  private StageB() {}

  /** Gets verdicts on groups; the gateway's client is one. */
  @FunctionalInterface
  public interface Judge {

    /** What comes of judging each group, in the same order. */
    List<Outcome> judge(List<Group> groups);
  }

  /**
   * Judges every group of Stage-A's files and writes {@link #SELECTIONS} and {@link #MALFORMED}
   * into a folder. The judge is never told a label.
   *
   * @throws UserError naming file and line if one is not Stage-A's output, or there is no group
   */
  public static StageBResult run(List<Path> stageA, Path out, Judge judge) {
    List<StageARecord> records = new ArrayList<>();
    stageA.forEach(file -> records.addAll(read(file)));
    if (records.isEmpty()) {
      throw new UserError("there is no group to judge in " + stageA + "; run stage-a first");
    }
    List<Outcome> outcomes =
        judge.judge(
            records.stream()
                .map(line -> new Group(line.groupId(), line.mission(), line.summaries()))
                .toList());
    Tally tally = new Tally();
    for (int i = 0; i < records.size(); i++) {
      tally.add(records.get(i), outcomes.get(i));
    }
    AtomicLines.write(out.resolve(SELECTIONS), tally.selections);
    AtomicLines.write(out.resolve(MALFORMED), tally.malformed);
    return tally.result();
  }

  /**
   * The groups of one of Stage-A's files as the verdict loop takes them.
   *
   * @throws UserError naming file and line if it is not Stage-A's output
   */
  public static List<Ticket> tickets(Path stageA) {
    if (!Files.exists(stageA)) {
      throw new UserError(stageA + " does not exist: run stage-a first, or name its output");
    }
    return read(stageA).stream()
        .map(line -> new Ticket(line.groupId(), line.mission(), line.label(), line.summaries()))
        .toList();
  }

  private static List<StageARecord> read(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      List<StageARecord> records = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        records.add(StageARecord.parse(file + ":" + (i + 1), lines.get(i)));
      }
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException(file + " can't be read: " + e, e);
    }
  }

  /** Lines and counts, grown group by group. */
  private static final class Tally {
    private final List<String> selections = new ArrayList<>();
    private final List<String> malformed = new ArrayList<>();
    private final List<String> unanswered = new ArrayList<>();
    private int correct;
    private int falseNegatives;
    private int falsePositives;
    private int cut;

    void add(StageARecord group, Outcome outcome) {
      switch (outcome) {
        case Outcome.Judged(var judgement, var finish) -> {
          heard(finish);
          count(group.label(), judgement.verdict());
          selections.add(
              line(group)
                  .put("verdict", Labels.text(judgement.verdict()))
                  .put("reason", judgement.reason())
                  .put(ENDED_BY, finish.label())
                  .toString());
        }
        case Outcome.Malformed(var raw, var problem, var finish) -> {
          heard(finish);
          malformed.add(
              line(group)
                  .put("problem", problem)
                  .put("raw", raw)
                  .put(ENDED_BY, finish.label())
                  .toString());
        }
        case Outcome.NoAnswer(var problem) -> {
          unanswered.add(problem);
          malformed.add(line(group).put("problem", problem).toString());
        }
      }
    }

    StageBResult result() {
      return new StageBResult(
          selections.size() + malformed.size(),
          correct,
          falseNegatives,
          falsePositives,
          malformed.size() - unanswered.size(),
          cut,
          unanswered);
    }

    private void heard(Finish finish) {
      if (finish == Finish.LENGTH) {
        cut++;
      }
    }

    private void count(Verdict label, Verdict verdict) {
      if (label == verdict) {
        correct++;
      } else if (label == Verdict.PASS) {
        falseNegatives++;
      } else {
        falsePositives++;
      }
    }

    private static ObjectNode line(StageARecord group) {
      return JSON.createObjectNode()
          .put("group_id", group.groupId())
          .put("mission", group.mission())
          .put("label", Labels.text(group.label()));
    }
  }
}
