package io.lockstep.data.fusion;

import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;

/** What is made of a dataset's records: a new template is a constant here. */
public enum DatasetTemplate {
  /** Every object with its place, asked for in the words of the run. */
  TARGET_DENSE,

  /** One line about the whole picture. */
  TARGET_SUMMARY {
    @Override
    Mode mode(double denseRatio) {
      return Mode.SUMMARY;
    }
  },

  /** One or the other, drawn anew for each record and epoch. */
  MIXED {
    @Override
    Mode mode(double denseRatio) {
      return new Mode.Mixed(1 - denseRatio);
    }
  },

  /**
   * Every object with its place, asked for in words of its own, apart from those of the targets.
   */
  SOURCE_DENSE {
    @Override
    PromptTexts words() {
      return PromptTexts.sourceDense();
    }
  },

  /** Records that are conversations, as they stand. */
  CHATML {
    @Override
    boolean conversationsOnly() {
      return true;
    }
  };

  /**
   * The task that a picture is used for.
   *
   * @param denseRatio share of dense ones with {@link #MIXED}
   */
  Mode mode(double denseRatio) {
    return Mode.DENSE;
  }

  /** Words that take the place of the run's. */
  PromptTexts words() {
    return PromptTexts.NONE;
  }

  /** Whether records without a conversation of their own are refused. */
  boolean conversationsOnly() {
    return false;
  }

  /** Whether pictures are used for a task. */
  final boolean teaches(Task task, double denseRatio) {
    return !conversationsOnly() && mode(denseRatio).mayBe(task);
  }

  /**
   * The words in which a dataset asks.
   *
   * @param own texts of the dataset; they take their place between domain and explicit
   * @param run the run's prompts
   */
  final Prompts prompts(PromptTexts own, Prompts run) {
    return new Prompts(run.profile(), run.domain(), own.or(words()), run.explicit());
  }

  /**
   * What makes the conversations of a dataset.
   *
   * @param run the run's prompts
   * @param emitNorm the unit of coordinates
   * @throws IllegalArgumentException if a mixed dataset asks for both tasks with the same words
   */
  final ConversationBuilder builder(DatasetConfig dataset, Prompts run, EmitNorm emitNorm) {
    return new ConversationBuilder(
        prompts(dataset.prompts(), run),
        mode(dataset.denseRatio()),
        emitNorm,
        dataset.seed(),
        dataset.maxObjects(),
        conversationsOnly());
  }
}
