package io.lockstep.cli.eval;

import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UserError;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.context.ContextExceededException;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.cost.FlopCount;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.EmptyGeneration;
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
import java.util.OptionalInt;

/**
 * Asks a model every question and compares. Questions without an answer are kept apart: they say
 * that something is wrong with the model or the prompt, not how good it is.
 *
 * @param questions what is asked
 * @param batch questions asked at once
 * @param maxNewTokens most tokens of an answer; unless it is given what {@link ContextLimit#room}
 *     says
 */
public record Evaluation(List<Question> questions, int batch, OptionalInt maxNewTokens) {

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
   * @param listener hears every answer
   * @throws UserError naming questions that are longer than the model's context; nothing has been
   *     asked then
   */
  public Score run(LoadedModel model, AnswerListener listener) throws IOException {
    Tally tally = new Tally(model, limits(model));
    String label = "  budget " + model.tokenBudget().share();
    try (Progress progress = new Progress(label, questions.size(), "answers", 1)) {
      for (int from = 0; from < questions.size(); from += batch) {
        List<Question> part = questions.subList(from, Math.min(from + batch, questions.size()));
        List<GenerationResult> answers = tally.ask(part, from);
        for (int i = 0; i < part.size(); i++) {
          listener.heard(tally.judge(part.get(i), answers.get(i), from + i));
        }
        tally.predict(part);
        progress.update(from + part.size(), "");
      }
    }
    return tally.score();
  }

  /**
   * Most new tokens of each answer. A question is asked with room for the longest answer, and
   * compared with its right one.
   */
  private int[] limits(LoadedModel model) throws IOException {
    SampleEncoder encoder = model.encoder();
    int[] limits = new int[questions.size()];
    List<String> problems = new ArrayList<>();
    long count = 0;
    for (int i = 0; i < limits.length; i++) {
      Question question = questions.get(i);
      try {
        int whole = encoder.length(question.answered());
        limits[i] = maxNewTokens.orElse(1);
        encoder.requireFits(question.place(), question.prompt(), limits[i]);
        encoder.limit().require(question.place(), whole, 0);
        if (maxNewTokens.isEmpty()) {
          limits[i] = encoder.limit().room(encoder.promptLength(question.prompt()), whole);
        }
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
    return limits;
  }

  /** Answers the first questions and forgets them, so that no measurement pays for the start. */
  void warmUp(LoadedModel model) throws IOException {
    List<Question> first = questions.subList(0, Math.min(batch, questions.size()));
    new Tally(model, limits(model)).ask(first, 0);
  }

  /** What has been counted so far. */
  private final class Tally {
    private final LoadedModel model;
    private final Generator generator;
    private final int[] limits;
    private final List<EmptyGeneration> unanswered = new ArrayList<>();
    private Outcomes outcomes = Outcomes.NONE;
    private TokenAccuracy tokens = TokenAccuracy.NONE;
    private FlopCount flops = FlopCount.NONE;
    private long visionTokens;
    private long nanos;

    Tally(LoadedModel model, int[] limits) {
      this.model = model;
      this.limits = limits;
      generator = model.generator();
    }

    List<GenerationResult> ask(List<Question> part, int from) throws IOException {
      List<GenerationRequest> requests = new ArrayList<>();
      for (int i = 0; i < part.size(); i++) {
        requests.add(
            new GenerationRequest(
                part.get(i).place(),
                part.get(i).prompt(),
                DecodingOptions.greedy(limits[from + i])));
      }
      long start = System.nanoTime();
      List<GenerationResult> answers =
          generator.answer(requests, Profile.CACHED, GenerationListener.NONE);
      nanos += System.nanoTime() - start;
      return answers;
    }

    Judged judge(Question question, GenerationResult result, int index) {
      if (result instanceof EmptyGeneration nothing) {
        unanswered.add(nothing);
      }
      Judged judged = Judged.of(question, result, limits[index]);
      outcomes = outcomes.plus(judged);
      return judged;
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
      double asked = questions.size();
      return new Score(
          model.tokenBudget().share(),
          questions.size(),
          visionTokens / asked,
          outcomes,
          unanswered,
          tokens.share(),
          flops.visionTower() / asked,
          flops.mergers() / asked,
          flops.textPrefill() / asked,
          nanos / NANOS / asked);
    }
  }
}
