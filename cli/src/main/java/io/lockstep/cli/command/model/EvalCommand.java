package io.lockstep.cli.command.model;

import io.lockstep.cli.command.BaseConfigOption;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.eval.AnswerLog;
import io.lockstep.cli.eval.BoxEvaluation;
import io.lockstep.cli.eval.BudgetSweep;
import io.lockstep.cli.eval.EvalReport;
import io.lockstep.cli.eval.Evaluation;
import io.lockstep.cli.eval.FileQuestions;
import io.lockstep.cli.eval.Question;
import io.lockstep.cli.eval.Score;
import io.lockstep.cli.eval.SweepFiles;
import io.lockstep.cli.eval.TargetQuestions;
import io.lockstep.cli.eval.Verdict;
import io.lockstep.config.ConfigException;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.score.DetectionScores;
import io.lockstep.gateway.serving.CheckpointPrompts;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code lockstep eval}. */
@Command(
    name = "eval",
    description = {
      "How well a model answers what is known of a data file: summaries and conversations right to the",
      "character, objects of dense answers found and described, tokens right; see docs/evaluation.md.",
      "Records without an answer are counted apart and printed; if there are any it exits with 1.",
      "With --sweep-token-budget the same for several token budgets, with what they cost."
    })
public final class EvalCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint's folder; an adapter's will do.")
  private Path model = Path.of("");

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = "--batch",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "16",
      description = "Pictures asked about at once (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--max-new-tokens",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Most tokens of an answer (default: 2048, or what the length that the model was trained with"
              + " leaves).")
  private @Nullable Integer maxNewTokens;

  @Option(
      names = "--mode",
      converter = ModeConverter.class,
      paramLabel = "MODE",
      description =
          "What pictures of --data are asked for, in the words of the checkpoint: summary, dense, or auto:"
              + " the summary if the record has one, else its objects (default: auto).")
  private FileQuestions.@Nullable Asked mode;

  @Option(
      names = "--emit-norm",
      converter = NormConverter.class,
      paramLabel = "UNIT",
      description =
          "Unit of coordinates in dense answers about --data: norm1000, norm100 or none (default: what the"
              + " checkpoint was trained with, else norm1000).")
  private @Nullable EmitNorm norm;

  @Option(
      names = "--allow-untrained-mode",
      description =
          "Ask also for answers that the checkpoint was never trained to give, which is refused"
              + " otherwise.")
  private boolean allowUntrainedMode;

  @ArgGroup private @Nullable Budgets budgets;

  @Option(
      names = "--boxes",
      description =
          "Evaluate the detection head instead: AP50, AP50:95 and mean IoU of the objects' boxes.")
  private boolean boxes;

  @Option(names = "--wrong", description = "Print each answer that is not right.")
  private boolean wrong;

  @ArgGroup private Answers answers = new Answers();

  @Mixin private JsonOption json = new JsonOption();

  @Mixin private BaseConfigOption base = new BaseConfigOption();
  @Mixin private TensorOptions tensors = new TensorOptions();

  /** One budget other than the checkpoint's, or several to compare. */
  private static final class Budgets {
    @Option(
        names = "--token-budget",
        paramLabel = "SHARE",
        converter = TokenBudgetConverter.class,
        description = "Share of vision tokens kept, instead of the one the model was trained with.")
    private @Nullable TokenBudget one;

    @ArgGroup(exclusive = false)
    private @Nullable Sweep sweep;
  }

  /** Where all answers go. */
  private static final class Answers {
    @Option(
        names = "--answers",
        paramLabel = "FILE",
        description = "Write every answer with its verdict to a JSONL file.")
    private @Nullable Path file;

    @Option(
        names = {"--output_dir", "--output-dir"},
        paramLabel = "DIR",
        description = "Write them to answers.jsonl in a folder, and the figures to scores.json.")
    private @Nullable Path folder;

    Optional<Path> log() {
      return Optional.ofNullable(folder == null ? file : folder.resolve("answers.jsonl"));
    }
  }

  /** What to evaluate with. */
  private static final class Source {
    @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
    private @Nullable Path data;

    @Option(
        names = "--config",
        required = true,
        paramLabel = "FILE",
        description =
            "A recipe with data.fusion: each target is evaluated with its val_jsonl, sources are left"
                + " out.")
    private @Nullable Path config;
  }

  private static final class Sweep {
    @Option(
        names = "--sweep-token-budget",
        required = true,
        split = ",",
        paramLabel = "SHARE",
        converter = TokenBudgetConverter.class,
        description = "Token budgets to compare, for example 1.0,0.75,0.5,0.25.")
    private List<TokenBudget> budgets = List.of();

    @Option(
        names = "--out",
        required = true,
        paramLabel = "DIR",
        description =
            "Folder for the table (JSON, CSV, Markdown), the plot and the answers of a sweep.")
    private Path out = Path.of("");
  }

  @Override
  public Integer call() throws Exception {
    if (boxes) {
      return boxes();
    }
    Sweep sweep = budgets == null ? null : budgets.sweep;
    if (sweep != null && answers.log().isPresent()) {
      throw new UsageError(
          "--sweep-token-budget writes answers-BUDGET.jsonl into --out: leave out --answers and --output_dir");
    }
    BudgetSweep plan = sweep == null ? null : new BudgetSweep(sweep.budgets);
    SequencedMap<String, List<Question>> sets = questions();
    tensors.start();
    try (LoadedModel loaded = LoadedModel.open(model)) {
      if (sweep == null || plan == null) {
        evaluate(loaded, sets);
      } else {
        sweep(loaded, sets, plan, sweep.out);
      }
    }
    return 0;
  }

  /** Evaluates the detection head. */
  private int boxes() throws IOException {
    Path data = source.data;
    Budgets other = budgets;
    if (data == null) {
      throw new UsageError("--boxes needs --data: evaluate the targets' files one by one");
    }
    base.requireNone();
    if (wrong || mode != null || norm != null || (other != null && other.sweep != null)) {
      throw new UsageError(
          "--boxes goes with none of --wrong, --mode, --emit-norm and --sweep-token-budget");
    }
    BoxEvaluation evaluation = BoxEvaluation.read(data, batch);
    tensors.start();
    try (LoadedModel loaded = LoadedModel.open(model)) {
      TokenBudget budget = other == null ? null : other.one;
      if (budget != null) {
        loaded.replaceTokenBudget(budget, "--token-budget");
      }
      DetectionScores scores = evaluation.run(loaded);
      System.out.printf(
          Locale.ROOT,
          "AP50: %.4f%nAP50:95: %.4f%nmean IoU: %.4f%n(%d objects in %d pictures)%n",
          scores.ap50(),
          scores.ap5095(),
          scores.meanIou(),
          scores.truths(),
          evaluation.records().size());
      json.print(
          new JsonLine()
              .put("ap50", scores.ap50())
              .put("ap50_95", scores.ap5095())
              .put("mean_iou", scores.meanIou())
              .put("objects", scores.truths())
              .put("detections", scores.detections())
              .put("pictures", evaluation.records().size()));
    }
    return 0;
  }

  /** What is asked, by the names of a fusion's targets; that of a file has the empty name. */
  private SequencedMap<String, List<Question>> questions() throws IOException, ConfigException {
    if (allowUntrainedMode) {
      System.err.println(
          "warning: --allow-untrained-mode: answers that the checkpoint was never trained to give say"
              + " little of it");
    }
    Path recipe = source.config;
    if (recipe != null) {
      if (mode != null || norm != null) {
        throw new UsageError(
            "--mode and --emit-norm need --data: targets are asked as their templates say");
      }
      RunConfig run = base.below(recipe).read();
      return TargetQuestions.read(model, fusion(run), run.custom().emitNorm(), allowUntrainedMode);
    }
    base.requireNone();
    Path data = Objects.requireNonNull(source.data);
    FileQuestions.Asked asked = mode == null ? FileQuestions.Asked.AUTO : mode;
    FileQuestions read =
        FileQuestions.read(model, data, asked, Optional.of(unit(asked)), allowUntrainedMode);
    if (read.leftOut() > 0) {
      System.out.printf(
          "left out: %d records of %s without %s%n",
          read.leftOut(),
          data,
          asked == FileQuestions.Asked.SUMMARY
              ? "a summary"
              : "a summary or objects, as the checkpoint was trained to answer");
    }
    SequencedMap<String, List<Question>> only = new LinkedHashMap<>();
    only.put("", read.questions());
    return only;
  }

  /** The unit of coordinates: the one that is given, or else the one that was trained. */
  private EmitNorm unit(FileQuestions.Asked asked) throws IOException {
    EmitNorm given = norm;
    if (given != null) {
      return given;
    }
    TrainedTasks trained = CheckpointPrompts.read(model);
    if (trained.lessons().isPresent() && asked != FileQuestions.Asked.SUMMARY) {
      System.out.printf(
          "unit of coordinates: %s, as the checkpoint was trained%n",
          trained.emitNorm().name().toLowerCase(Locale.ROOT));
    }
    return trained.emitNorm();
  }

  private static FusionConfig fusion(RunConfig run) {
    return run.data()
        .fusion()
        .orElseThrow(() ->
            new UserError("the recipe has no data.fusion: name its validation file with --data"));
  }

  private Evaluation evaluation(List<Question> questions) {
    return new Evaluation(
        questions,
        batch,
        maxNewTokens == null ? OptionalInt.empty() : OptionalInt.of(maxNewTokens));
  }

  private void evaluate(LoadedModel loaded, SequencedMap<String, List<Question>> sets)
      throws IOException {
    TokenBudget other = budgets == null ? null : budgets.one;
    if (other != null) {
      loaded.replaceTokenBudget(other, "--token-budget");
    }
    List<Score> scores = new ArrayList<>();
    JsonLine line = new JsonLine();
    Optional<Path> file = answers.log();
    try (AnswerLog log = file.isPresent() ? AnswerLog.open(file.get()) : null) {
      for (Map.Entry<String, List<Question>> set : sets.entrySet()) {
        String name = set.getKey();
        Score score =
            evaluation(set.getValue())
                .run(
                    loaded,
                    answer -> {
                      if (log != null) {
                        log.add(name, loaded.tokenBudget().share(), answer);
                      }
                      if (wrong
                          && answer.verdict() != Verdict.RIGHT
                          && answer.verdict() != Verdict.EMPTY) {
                        System.out.print(EvalReport.notRight(answer));
                      }
                    });
        print(name, score);
        EvalReport.figures(score).forEach((key, value) -> line.put(prefix(name) + key, value));
        if (!name.isEmpty()) {
          line.put(name + "_token_acc", score.tokenAccuracy())
              .put(name + "_records", score.questions());
        }
        scores.add(score);
      }
    }
    if (file.isPresent()) {
      System.out.println("answers: " + file.get());
    }
    if (answers.folder != null) {
      FileWrites.text(answers.folder.resolve("scores.json"), line + "\n");
    }
    json.print(line);
    requireAnswers(scores);
  }

  private static void print(String name, Score score) {
    if (!name.isEmpty()) {
      System.out.println(name + ":");
    }
    print(score);
    System.out.print(EvalReport.text(score));
  }

  private static String prefix(String name) {
    return name.isEmpty() ? "" : name + "_";
  }

  private void sweep(
      LoadedModel loaded, SequencedMap<String, List<Question>> sets, BudgetSweep plan, Path out)
      throws IOException {
    List<Score> all = new ArrayList<>();
    JsonLine line = new JsonLine();
    for (Map.Entry<String, List<Question>> set : sets.entrySet()) {
      String name = set.getKey();
      Path folder = out.resolve(name);
      List<Score> scores = plan.run(loaded, evaluation(set.getValue()), name, folder);
      scores.forEach(EvalCommand::print);
      SweepFiles.write(folder, scores);
      Table table = new Table();
      SweepFiles.table(scores).forEach(row -> table.row(row.toArray(String[]::new)));
      System.out.print((name.isEmpty() ? "" : name + ":\n") + table.render());
      System.out.println("table, plot and answers: " + folder.resolve("token-budget.png"));
      List<SequencedMap<String, Object>> figures =
          scores.stream().map(EvalReport::figures).toList();
      for (String key : figures.getFirst().sequencedKeySet()) {
        line.put(
            prefix(name) + key,
            key.equals("pictures") || key.equals("questions")
                ? Objects.requireNonNull(figures.getFirst().get(key))
                : figures.stream().map(each -> Objects.requireNonNull(each.get(key))).toList());
      }
      line.put(prefix(name) + "flops", scores.stream().map(Score::flops).toList())
          .put(prefix(name) + "seconds", scores.stream().map(Score::seconds).toList());
      all.addAll(scores);
    }
    json.print(line);
    requireAnswers(all);
  }

  private static void requireAnswers(List<Score> scores) {
    String where =
        scores.stream()
            .filter(score -> !score.unanswered().isEmpty())
            .map(score ->
                "%d of %d at token budget %s"
                    .formatted(score.unanswered().size(), score.questions(), score.budget()))
            .collect(Collectors.joining(", "));
    if (!where.isEmpty()) {
      throw new UserError(
          "records without an answer: %s; each is printed above with its prompt's length and its first token: check the checkpoint and the prompts"
              .formatted(where));
    }
  }

  private static void print(Score score) {
    score
        .unanswered()
        .forEach(nothing ->
            System.out.printf("no answer at budget %s: %s%n", score.budget(), nothing.message()));
  }

  /** What pictures are asked for. */
  static final class ModeConverter implements ITypeConverter<FileQuestions.Asked> {

    @Override
    public FileQuestions.Asked convert(String text) {
      return switch (text) {
        case "summary" -> FileQuestions.Asked.SUMMARY;
        case "dense" -> FileQuestions.Asked.DENSE;
        case "auto" -> FileQuestions.Asked.AUTO;
        default ->
            throw new TypeConversionException("'" + text + "' is not summary, dense or auto");
      };
    }
  }

  /** The unit of coordinates. */
  static final class NormConverter implements ITypeConverter<EmitNorm> {

    @Override
    public EmitNorm convert(String text) {
      try {
        return EmitNorm.of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("'" + text + "' is not norm1000, norm100 or none");
      }
    }
  }

  /** A token budget, a number that is more than 0 and at most 1. */
  static final class TokenBudgetConverter implements ITypeConverter<TokenBudget> {

    @Override
    public TokenBudget convert(String text) {
      try {
        return new TokenBudget(Double.parseDouble(text));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "'" + text + "' is no number that is more than 0 and at most 1");
      }
    }
  }
}
