package io.lockstep.worker.completion;

import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Completer;
import io.lockstep.model.generate.Completion;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.completion.AnswerPlan.Author;
import io.lockstep.worker.config.DistillationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatch;
import io.lockstep.worker.protocol.Counts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes the answers of a run's micro-batches that are not the records' (Agarwal et al. 2024,
 * "On-policy distillation of language models", algorithm 1): a share of them by the student with
 * the weights of that very step, the others by the teacher where it writes. The answer of the last
 * turn is replaced; what stands before it is context.
 *
 * <p>Rows that are answered by the same model in the same batch of a micro-batch are completed
 * together. As that batch is the same on any number of workers, so are the answers.
 */
public final class Completions {

  private final AnswerPlan plan;
  private final LoadedModel student;
  private final Completer teacher;
  private final int maxLength;

  private Completions(AnswerPlan plan, LoadedModel student, LoadedModel teacher, int maxLength) {
    this.plan = plan;
    this.student = student;
    this.teacher = completer(teacher.network(), teacher);
    this.maxLength = maxLength;
  }

  /**
   * What writes the answers of a run; nothing if all are the records'.
   *
   * @param student that is trained: its weights at the time of a call count
   */
  public static Optional<Completions> of(
      RunConfig config, DistillationConfig rlhf, LoadedModel student, LoadedModel teacher) {
    return rlhf.writesAnswers()
        ? Optional.of(
            new Completions(
                AnswerPlan.of(config.seed(), rlhf), student, teacher, config.maxLength()))
        : Optional.empty();
  }

  /**
   * The micro-batch with the answers that are to be learned.
   *
   * @param drawn with its rows
   */
  public MicroBatch write(MicroBatch drawn) {
    Map<String, Long> counts = new TreeMap<>();
    return drawn.withRows(
        student.collator(), rows -> written(rows, counts), () -> Counts.of(counts));
  }

  private List<Sample> written(List<MicroBatch.Row> rows, Map<String, Long> counts) {
    List<Sample> samples = new ArrayList<>(rows.stream().map(MicroBatch.Row::sample).toList());
    count(counts, Counts.COMPLETIONS_BY_TEACHER, write(Author.TEACHER, rows, samples));
    count(counts, Counts.COMPLETIONS_BY_STUDENT, write(Author.STUDENT, rows, samples));
    return samples;
  }

  private static void count(Map<String, Long> counts, String author, List<Completion> written) {
    counts.merge(author, (long) written.size(), Long::sum);
    long tokens = written.stream().mapToLong(each -> each.tokens().size()).sum();
    counts.merge(Counts.COMPLETION_TOKENS, tokens, Long::sum);
    long cut = written.stream().filter(each -> !each.endedByEos()).count();
    counts.merge(Counts.COMPLETIONS_CUT, cut, Long::sum);
  }

  private List<Completion> write(Author author, List<MicroBatch.Row> rows, List<Sample> samples) {
    List<Integer> own = new ArrayList<>();
    List<Sample> prompts = new ArrayList<>();
    List<Completer.Request> requests = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      SampleRef draw = rows.get(i).draw();
      if (plan.author(draw) == author) {
        int row = i;
        prompt(samples.get(i))
            .ifPresent(prompt -> {
              int room = maxLength - prompt.tokens().length;
              own.add(row);
              prompts.add(prompt);
              requests.add(new Completer.Request(prompt, plan.decoding(draw, room)));
            });
      }
    }
    List<Completion> answers = complete(author, requests);
    for (int i = 0; i < own.size(); i++) {
      samples.set(
          own.get(i), answered(samples.get(own.get(i)), prompts.get(i), answers.get(i), author));
    }
    return answers;
  }

  private List<Completion> complete(Author author, List<Completer.Request> requests) {
    if (requests.isEmpty()) {
      return List.of();
    }
    if (author == Author.TEACHER) {
      return teacher.complete(requests);
    }
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        VisionLanguageModel network =
            new VisionLanguageModel(
                student.config(),
                student
                    .trainable()
                    .recorded(scope, student.trainable().trained().byName(), Dropout.NONE));
        return completer(network, student).complete(requests);
      }
    });
  }

  private static Completer completer(VisionLanguageModel network, LoadedModel model) {
    return new Completer(network, model.collator(), model.generationConfig().eosTokenIds());
  }

  /**
   * What stands before the last answer of a sample: its last run of tokens that are learned.
   * Nothing if there is no answer, or nothing before it.
   */
  private static Optional<Sample> prompt(Sample sample) {
    int[] labels = sample.labels();
    int end = labels.length;
    while (end > 0 && labels[end - 1] == Sample.IGNORED) {
      end--;
    }
    int begin = end;
    while (begin > 0 && labels[begin - 1] != Sample.IGNORED) {
      begin--;
    }
    return begin == 0
        ? Optional.empty()
        : Optional.of(
            Sample.prompt(
                sample.name(),
                Arrays.copyOf(sample.tokens(), begin),
                sample.images(),
                sample.kept()));
  }

  private static Sample answered(Sample sample, Sample prompt, Completion answer, Author author) {
    int begin = prompt.tokens().length;
    int[] tokens = Arrays.copyOf(prompt.tokens(), begin + answer.tokens().size());
    int[] labels = Arrays.copyOf(prompt.labels(), tokens.length);
    byte[] marks = new byte[author == Author.STUDENT ? tokens.length : 0];
    for (int t = begin; t < tokens.length; t++) {
      tokens[t] = answer.tokens().get(t - begin);
      labels[t] = tokens[t];
    }
    Arrays.fill(marks, Math.min(begin, marks.length), marks.length, Marks.WRITTEN_BY_ITSELF);
    return new Sample(
        sample.name(), tokens, labels, sample.images(), sample.kept(), sample.truth(), marks);
  }
}
