package io.lockstep.data.fusion;

import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a checkpoint learned to do with pictures, and in which words it was asked to.
 *
 * @param run the words of its run: those of tasks that it never learned
 * @param emitNorm the unit of coordinates in its dense answers
 * @param lessons what each dataset of its run taught, targets before sources; absent if nobody
 *     knows, as of a model that no run wrote: any task may be asked then
 */
public record TrainedTasks(Prompts run, EmitNorm emitNorm, Optional<List<Lesson>> lessons) {

  public TrainedTasks {
    lessons = lessons.map(List::copyOf);
  }

  /**
   * What a dataset taught.
   *
   * @param dataset its label
   * @param template what was made of its records
   * @param tasks what its pictures were used for; none if it holds conversations as they stand
   * @param prompts the words in which they were asked for
   */
  public record Lesson(String dataset, DatasetTemplate template, Set<Task> tasks, Prompts prompts) {

    public Lesson {
      tasks = Set.copyOf(tasks);
    }

    /**
     * The lesson of a dataset.
     *
     * @param denseRatio share of dense ones with {@link DatasetTemplate#MIXED}
     * @param own texts of the dataset
     * @param run the run's prompts
     */
    public static Lesson of(
        String dataset, DatasetTemplate template, double denseRatio, PromptTexts own, Prompts run) {
      Set<Task> tasks = EnumSet.noneOf(Task.class);
      for (Task task : Task.values()) {
        if (template.teaches(task, denseRatio)) {
          tasks.add(task);
        }
      }
      return new Lesson(dataset, template, tasks, template.prompts(own, run));
    }

    private boolean asks(Task task, Prompts words) {
      return tasks.contains(task) && sameWords(task, prompts, words);
    }
  }

  /** Of a model of which no training is known. */
  public static TrainedTasks unknown() {
    return new TrainedTasks(Prompts.defaults(), EmitNorm.NORM1000, Optional.empty());
  }

  /** Whether a task was learned, or nobody knows. */
  public boolean isTrained(Task task) {
    return lessons.isEmpty()
        || lessons.get().stream().anyMatch(lesson -> lesson.tasks().contains(task));
  }

  /** Whether a task was learned in these words, or nobody knows. */
  public boolean isTrained(Task task, Prompts words) {
    return lessons.isEmpty() || lessons.get().stream().anyMatch(lesson -> lesson.asks(task, words));
  }

  /** The words in which a task is asked for: those of the first target that taught it. */
  public Prompts prompts(Task task) {
    return wordings(task).getFirst();
  }

  /**
   * All words in which a task was learned, each once, those it is asked for in first; the run's if
   * it was never learned.
   */
  public List<Prompts> wordings(Task task) {
    List<Prompts> wordings = new ArrayList<>();
    for (Lesson lesson : lessons.orElse(List.of())) {
      if (lesson.tasks().contains(task)
          && wordings.stream().noneMatch(known -> sameWords(task, known, lesson.prompts()))) {
        wordings.add(lesson.prompts());
      }
    }
    return wordings.isEmpty() ? List.of(run) : List.copyOf(wordings);
  }

  /** What to say of a task that was learned in several words, of which the first are used. */
  public Optional<String> severalWordings(Task task) {
    List<String> datasets =
        lessons.orElse(List.of()).stream()
            .filter(lesson -> lesson.tasks().contains(task))
            .map(Lesson::dataset)
            .toList();
    int wordings = wordings(task).size();
    return wordings < 2
        ? Optional.empty()
        : Optional.of(
            "%s was trained in %d different wordings by the datasets %s: it is asked for in those of '%s'; for others ask by Chat"
                .formatted(name(task), wordings, String.join(", ", datasets), datasets.getFirst()));
  }

  /** Why a task isn't asked for and what to do; empty if it may be. */
  public Optional<String> refusal(Task task) {
    if (isTrained(task)) {
      return Optional.empty();
    }
    String taught =
        lessons.orElseThrow().stream()
            .map(lesson ->
                "%s by dataset '%s' (template %s)"
                    .formatted(
                        lesson.tasks().isEmpty() ? "conversations" : names(lesson.tasks()),
                        lesson.dataset(),
                        lesson.template().name().toLowerCase(Locale.ROOT)))
            .collect(Collectors.joining(", "));
    String template = task == Task.SUMMARY ? "target_summary" : "target_dense";
    return Optional.of(
        "the checkpoint was never trained for %s answers; its run taught %s: ask for that, train with a dataset of template %s or mixed, or ask all the same with --allow-untrained-mode (allow_untrained of a request)"
            .formatted(name(task), taught, template));
  }

  /** The name of a task in options and messages. */
  public static String name(Task task) {
    return task.name().toLowerCase(Locale.ROOT);
  }

  private static String names(Set<Task> tasks) {
    return Stream.of(Task.values())
        .filter(tasks::contains)
        .map(TrainedTasks::name)
        .collect(Collectors.joining(" and "));
  }

  private static boolean sameWords(Task task, Prompts one, Prompts other) {
    return one.system(task).equals(other.system(task)) && one.user(task).equals(other.user(task));
  }
}
