package io.lockstep.verdict.loop;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.ConfigWriter;
import io.lockstep.config.Vocabulary;
import io.lockstep.data.file.Sha256;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.RunFolder;
import io.lockstep.verdict.artifact.RunRow;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.journal.JournaledGenerator;
import io.lockstep.verdict.journal.RunState;
import io.lockstep.verdict.ledger.Ledger;
import io.lockstep.verdict.rollout.Rollouts;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.selection.Judge;
import io.lockstep.verdict.ticket.Split;
import io.lockstep.verdict.ticket.Ticket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs of one mission by their names. A name that was run to its end goes on from its last guidance
 * and writes its artifacts anew; one that was killed is run again from its beginning with the
 * answers that it had, and ends as if nothing had been.
 *
 * @param config what the run may do
 * @param mission which of its missions
 * @param name of the run
 */
public record StageBRun(StageBConfig config, StageBConfig.Mission mission, String name) {

  private static final String JOURNAL = "journal";

  /**
   * How a run has ended.
   *
   * @param folder where its artifacts lie
   * @param metrics over all tickets under the last guidance
   * @param guidance the last one
   * @param questions that the generator was asked, in all processes of the run
   */
  public record Result(RunFolder folder, MetricsRow metrics, Guidance guidance, long questions) {}

  /**
   * What a mission's files say.
   *
   * @param domain what all missions have in common
   * @param first the guidance of the first run
   * @param tickets with the labels that count
   * @param decided keys of those that reviewers have decided
   */
  private record Inputs(Domain domain, Guidance first, List<Ticket> tickets, Set<String> decided) {}

  /** The folder of the run. */
  public RunFolder folder() throws IOException, ConfigException {
    return folder(Guidance.read(mission.guidance()));
  }

  private RunFolder folder(Guidance first) {
    return new RunFolder(config.output().resolve(first.mission()).resolve(name));
  }

  /**
   * Runs to the end.
   *
   * @param tickets of Stage-A's output
   * @throws ConfigException if files don't fit each other
   */
  public Result run(List<Ticket> tickets, TextGenerator generator)
      throws IOException, ConfigException {
    Inputs inputs = inputs(tickets);
    RunFolder folder = folder(inputs.first());
    RunState state = begin(folder, inputs.first());
    Split split = split(inputs.tickets());
    RunRow row =
        new RunRow(
            name,
            inputs.first().mission(),
            config.seed(),
            config.epochs(),
            config.loggingSteps(),
            config.review().folds(),
            config.review().errorRate(),
            split.learning().size(),
            split.validation().size(),
            state.round());
    JournaledGenerator journal = journal(folder, state, generator);
    MetricsRow metrics =
        new MissionRun(
                config,
                folder,
                row,
                inputs.domain(),
                state.start(),
                split,
                inputs.decided(),
                journal)
            .run();
    write(folder, state.completed());
    return new Result(folder, metrics, last(folder), journal.questions());
  }

  /**
   * What each item of the last guidance does, over all tickets.
   *
   * @throws ConfigException if there is no such run
   */
  public Ledger explain(List<Ticket> tickets, TextGenerator generator)
      throws IOException, ConfigException {
    Inputs inputs = inputs(tickets);
    RunFolder folder = folder(inputs.first());
    if (!Files.exists(folder.root().resolve(RunFolder.GUIDANCE))) {
      throw new ConfigException(
          folder.root().toString(),
          List.of("holds no guidance.json: run `lockstep stage-b run` with this name first"));
    }
    JournaledGenerator journal = journal(folder, read(folder), generator);
    Judge judge =
        new Judge(new Rollouts(inputs.domain(), config.rollout(), journal), config.selection());
    return Ledger.of(judge, last(folder), inputs.tickets(), true);
  }

  /**
   * The last guidance of the run.
   *
   * @throws ConfigException if what lies there is none
   */
  public Guidance guidance() throws IOException, ConfigException {
    return last(folder());
  }

  private Inputs inputs(List<Ticket> tickets) throws IOException, ConfigException {
    Guidance first = Guidance.read(mission.guidance());
    Set<String> keys = new HashSet<>();
    for (Ticket ticket : tickets) {
      if (!ticket.mission().equals(first.mission())) {
        throw new ConfigException(
            mission.stageA().toString(),
            List.of(
                "has group %s of mission '%s', but %s is for '%s'"
                    .formatted(
                        ticket.groupId(), ticket.mission(), mission.guidance(), first.mission())));
      }
      if (!keys.add(ticket.key())) {
        throw new ConfigException(
            mission.stageA().toString(), List.of("has ticket " + ticket.key() + " twice"));
      }
    }
    Map<String, Verdict> decisions =
        config.review().decisions().isPresent()
            ? Decision.read(config.review().decisions().get())
            : Map.of();
    List<Ticket> decided =
        tickets.stream()
            .map(ticket -> ticket.decided(decisions.getOrDefault(ticket.key(), ticket.label())))
            .toList();
    return new Inputs(Domain.read(config.domain()), first, decided, decisions.keySet());
  }

  private Split split(List<Ticket> tickets) throws ConfigException {
    Split split = Split.of(tickets, config.trial().validationShare(), config.seed());
    if (split.learning().isEmpty()) {
      throw new ConfigException(
          mission.stageA().toString(),
          List.of("leaves no ticket to learn from: it has %d".formatted(tickets.size())));
    }
    return split;
  }

  /** How the run begins: anew, again as it was when it was killed, or from its last guidance. */
  private RunState begin(RunFolder folder, Guidance first) throws IOException, ConfigException {
    RunState state = new RunState(1, false, first);
    if (Files.exists(stateFile(folder))) {
      RunState former = read(folder);
      state = former.complete() ? former.next(last(folder)) : former;
    }
    write(folder, state);
    return state;
  }

  private static Path stateFile(RunFolder folder) {
    return folder.root().resolve(JOURNAL).resolve("state.json");
  }

  private static RunState read(RunFolder folder) throws IOException, ConfigException {
    Path file = stateFile(folder);
    return ConfigReader.readLine(RunState.class, Files.readString(file), file.toString());
  }

  private static void write(RunFolder folder, RunState state) throws IOException {
    Files.createDirectories(folder.root().resolve(JOURNAL));
    folder.replace(stateFile(folder), ConfigWriter.json(state) + "\n");
  }

  /** Answers are kept by the guidance that a run began with: a rerun asks anew. */
  private static JournaledGenerator journal(
      RunFolder folder, RunState state, TextGenerator generator) throws IOException {
    String start = Sha256.of(state.round() + state.start().json()).substring(0, 12);
    return JournaledGenerator.open(
        folder.root().resolve(JOURNAL).resolve("answers-" + start + ".jsonl"), generator);
  }

  /** The guidance at the end of the run. */
  private static Guidance last(RunFolder folder) throws IOException, ConfigException {
    Path file = folder.root().resolve(RunFolder.GUIDANCE);
    return ConfigReader.read(
        Guidance.class,
        Files.readString(file),
        new ConfigReader.Origin(file.toString(), folder.root(), true),
        Vocabulary.NONE);
  }
}
