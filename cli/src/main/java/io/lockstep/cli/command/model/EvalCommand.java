package io.lockstep.cli.command.model;

import io.lockstep.cli.command.BaseConfigOption;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Share;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.eval.BudgetSweep;
import io.lockstep.cli.eval.Evaluation;
import io.lockstep.cli.eval.Question;
import io.lockstep.cli.eval.Score;
import io.lockstep.cli.eval.SweepFiles;
import io.lockstep.cli.eval.TargetQuestions;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
      "Share of a data file's summaries that a model gives to the character, and of their tokens.",
      "Pictures without an answer are counted apart and printed; if there are any it exits with 1.",
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
      defaultValue = "256",
      description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @ArgGroup private @Nullable Budgets budgets;

  @Option(names = "--wrong", description = "Print each wrong answer.")
  private boolean wrong;

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
        description = "Folder for the table (JSON, CSV, Markdown) and the plot of a sweep.")
    private Path out = Path.of("");
  }

  @Override
  public Integer call() throws Exception {
    Path recipe = source.config;
    if (recipe != null) {
      return targets(base.below(recipe).read());
    }
    base.requireNone();
    Path data = Objects.requireNonNull(source.data);
    Sweep sweep = budgets == null ? null : budgets.sweep;
    BudgetSweep plan = sweep == null ? null : new BudgetSweep(sweep.budgets);
    Evaluation evaluation = new Evaluation(Question.read(model, data), batch, maxNewTokens);
    tensors.start();
    try (LoadedModel loaded = LoadedModel.open(model)) {
      if (sweep == null || plan == null) {
        report(single(loaded, evaluation));
      } else {
        report(plan.run(loaded, evaluation), sweep.out);
      }
    }
    return 0;
  }

  /** Evaluates the targets of a fusion, one after the other. */
  private int targets(RunConfig run) throws IOException {
    if (budgets != null && budgets.sweep != null) {
      throw new UsageError(
          "--sweep-token-budget needs --data: sweep the targets' files one by one");
    }
    FusionConfig fusion =
        run.data()
            .fusion()
            .orElseThrow(() ->
                new UserError(
                    "the recipe has no data.fusion: name its validation file with --data"));
    Map<String, List<Question>> questions = TargetQuestions.read(model, fusion);
    tensors.start();
    List<Score> scores = new ArrayList<>();
    JsonLine line = new JsonLine();
    try (LoadedModel loaded = LoadedModel.open(model)) {
      for (Map.Entry<String, List<Question>> target : questions.entrySet()) {
        System.out.println(target.getKey() + ":");
        Score score = single(loaded, new Evaluation(target.getValue(), batch, maxNewTokens));
        print(score);
        System.out.printf(
            "  token accuracy: %s%n  exact match: %s (%d of %d; %d no answer)%n",
            Share.text(score.tokenAccuracy()),
            Share.text(score.exactMatch()),
            score.right(),
            score.pictures(),
            score.unanswered().size());
        line.put(target.getKey() + "_token_acc", score.tokenAccuracy())
            .put(target.getKey() + "_exact_match", score.exactMatch())
            .put(target.getKey() + "_records", score.pictures());
        scores.add(score);
      }
    }
    json.print(line);
    requireAnswers(scores);
    return 0;
  }

  private Score single(LoadedModel loaded, Evaluation evaluation) throws IOException {
    TokenBudget other = budgets == null ? null : budgets.one;
    if (other != null) {
      loaded.replaceTokenBudget(other, "--token-budget");
    }
    return evaluation.run(loaded, wrong ? EvalCommand::print : (question, answer) -> {});
  }

  private void report(Score score) {
    print(score);
    System.out.println("token accuracy: " + Share.text(score.tokenAccuracy()));
    System.out.printf(
        "summary exact match: %s (%d of %d; %d no answer)%n",
        Share.text(score.exactMatch()), score.right(), score.pictures(), score.unanswered().size());
    json.print(
        new JsonLine()
            .put("summary_exact_match", score.exactMatch())
            .put("no_answer", score.unanswered().size())
            .put("token_accuracy", score.tokenAccuracy())
            .put("token_budget", score.budget())
            .put("pictures", score.pictures()));
    requireAnswers(List.of(score));
  }

  private void report(List<Score> scores, Path out) throws IOException {
    scores.forEach(EvalCommand::print);
    SweepFiles.write(out, scores);
    Table table = new Table();
    SweepFiles.table(scores).forEach(row -> table.row(row.toArray(String[]::new)));
    System.out.print(table.render());
    System.out.println("table and plot: " + out.resolve("token-budget.png"));
    json.print(
        new JsonLine()
            .put("token_budget", scores.stream().map(Score::budget).toList())
            .put("summary_exact_match", scores.stream().map(Score::exactMatch).toList())
            .put("no_answer", scores.stream().map(s -> s.unanswered().size()).toList())
            .put("token_accuracy", scores.stream().map(Score::tokenAccuracy).toList())
            .put("flops", scores.stream().map(Score::flops).toList())
            .put("seconds", scores.stream().map(Score::seconds).toList())
            .put("pictures", scores.getFirst().pictures()));
    requireAnswers(scores);
  }

  private static void requireAnswers(List<Score> scores) {
    String where =
        scores.stream()
            .filter(score -> !score.unanswered().isEmpty())
            .map(score ->
                "%d of %d at token budget %s"
                    .formatted(score.unanswered().size(), score.pictures(), score.budget()))
            .collect(Collectors.joining(", "));
    if (!where.isEmpty()) {
      throw new UserError(
          "pictures without an answer: %s; each is printed above with its prompt's length and its first token: check the checkpoint and the prompts"
              .formatted(where));
    }
  }

  private static void print(Score score) {
    score
        .unanswered()
        .forEach(nothing ->
            System.out.printf("no answer at budget %s: %s%n", score.budget(), nothing.message()));
  }

  private static void print(Question question, String answer) {
    System.out.printf(
        "%s: %s%n  answer: %s%n", question.place(), question.truth(), answer.replace('\n', ' '));
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
