package io.lockstep.cli.eval;

import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UserError;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.context.ContextExceededException;
import io.lockstep.model.cost.FlopCount;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.EmptyGeneration;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.GenerationResult;
import io.lockstep.model.generate.Generator;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.image.Patches;
import io.lockstep.model.score.TokenAccuracy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Asks a model every question and compares. Questions without an answer are kept apart: they say
 * that something is wrong with the model or the prompt, not how good it is.
 *
 * @param questions what is asked
 * @param batch questions asked at once
 * @param maxNewTokens most tokens of an answer
 */
public record Evaluation(List<Question> questions, int batch, int maxNewTokens) {

  private static final double NANOS = 1e9;
  private static final int SHOWN = 3;

  /** Checks the numbers. */
  public Evaluation {
    questions = List.copyOf(questions);
    if (batch < 1) {
      throw new UserError("--batch must be at least 1, not " + batch);
    }
  }

  /**
   * Evaluates a model at the token budget in force.
   *
   * @param wrong told each question whose answer is wrong, and that answer
   * @throws UserError naming questions that are longer than the model's context; nothing has been
   *     asked then
   */
  public Score run(LoadedModel model, BiConsumer<Question, String> wrong) throws IOException {
    requireFit(model);
    Tally tally = new Tally(model);
    String label = "  budget " + model.tokenBudget().share();
    try (Progress progress = new Progress(label, questions.size(), "pictures", 1)) {
      for (int from = 0; from < questions.size(); from += batch) {
        List<Question> part = questions.subList(from, Math.min(from + batch, questions.size()));
        List<GenerationResult> answers = tally.ask(part);
        for (int i = 0; i < part.size(); i++) {
          tally.compare(part.get(i), answers.get(i), wrong);
        }
        tally.predict(part);
        progress.update(from + part.size(), "");
      }
    }
    return tally.score();
  }

  /** A question is asked with room for the longest answer, and compared with its right one. */
  private void requireFit(LoadedModel model) throws IOException {
    SampleEncoder encoder = model.encoder();
    List<String> problems = new ArrayList<>();
    long count = 0;
    for (Question question : questions) {
      try {
        encoder.requireFits(question.place(), question.prompt(), maxNewTokens);
        encoder.limit().require(question.place(), encoder.length(question.answered()), 0);
      } catch (ContextExceededException e) {
        count++;
        if (problems.size() < SHOWN) {
          problems.add(String.valueOf(e.getMessage()));
        }
      }
    }
    if (count > 0) {
      throw new UserError(
          String.join("; ", problems)
              + (count > SHOWN ? "; and %d more of these".formatted(count - SHOWN) : ""));
    }
  }

  /** Answers the first questions and forgets them, so that no measurement pays for the start. */
  void warmUp(LoadedModel model) throws IOException {
    new Tally(model).ask(questions.subList(0, Math.min(batch, questions.size())));
  }

  /** What has been counted so far. */
  private final class Tally {
    private final LoadedModel model;
    private final Generator generator;
    private final List<EmptyGeneration> unanswered = new ArrayList<>();
    private long right;
    private TokenAccuracy tokens = TokenAccuracy.NONE;
    private FlopCount flops = FlopCount.NONE;
    private long visionTokens;
    private long nanos;

    Tally(LoadedModel model) {
      this.model = model;
      generator = model.generator();
    }

    List<GenerationResult> ask(List<Question> part) throws IOException {
      DecodingOptions greedy = DecodingOptions.greedy(maxNewTokens);
      List<GenerationRequest> requests =
          part.stream()
              .map(question -> new GenerationRequest(question.place(), question.prompt(), greedy))
              .toList();
      long start = System.nanoTime();
      List<GenerationResult> answers =
          generator.answer(requests, Profile.CACHED, GenerationListener.NONE);
      nanos += System.nanoTime() - start;
      return answers;
    }

    void compare(Question question, GenerationResult result, BiConsumer<Question, String> wrong) {
      switch (result) {
        case EmptyGeneration nothing -> unanswered.add(nothing);
        case Generation answer when question.isAnsweredBy(answer.text()) -> right++;
        case Generation answer -> wrong.accept(question, answer.text());
      }
    }

    /** Counts costs of the prompts, and tokens found when the right ones before are given. */
    void predict(List<Question> part) throws IOException {
      SampleEncoder encoder = model.encoder();
      List<Sample> answered = new ArrayList<>();
      for (Question question : part) {
        Sample prompt = encoder.prompt(question.place(), question.prompt());
        visionTokens += prompt.kept().stream().mapToInt(KeptTokens::count).sum();
        flops =
            flops.plus(
                FlopCount.of(
                    model.config(),
                    prompt.images().stream().map(Patches::grid).toList(),
                    prompt.tokens().length));
        answered.add(encoder.forTraining(question.place(), question.answered()));
      }
      tokens = tokens.plus(TokenAccuracy.of(model.network(), model.collator().collate(answered)));
    }

    Score score() {
      double pictures = questions.size();
      return new Score(
          model.tokenBudget().share(),
          questions.size(),
          visionTokens / pictures,
          right,
          unanswered,
          tokens.share(),
          flops.visionTower() / pictures,
          flops.mergers() / pictures,
          flops.textPrefill() / pictures,
          nanos / NANOS / pictures);
    }
  }
}
