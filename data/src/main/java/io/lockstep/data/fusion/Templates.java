package io.lockstep.data.fusion;

import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;

/** How the records of a dataset become conversations. */
public final class Templates {

  private Templates() {}

  /**
   * What makes the conversations of a dataset.
   *
   * @param run the run's prompts; the dataset's texts take their place between domain and explicit
   * @throws IllegalArgumentException if a mixed dataset asks for both tasks with the same words
   */
  public static ConversationBuilder builder(DatasetConfig dataset, Prompts run) {
    return new ConversationBuilder(
        new Prompts(run.profile(), run.domain(), texts(dataset), run.explicit()),
        mode(dataset),
        EmitNorm.NORM1000,
        dataset.seed(),
        dataset.maxObjects(),
        dataset.template() == DatasetTemplate.CHATML);
  }

  private static PromptTexts texts(DatasetConfig dataset) {
    return dataset.template() == DatasetTemplate.SOURCE_DENSE
        ? dataset.prompts().or(PromptTexts.sourceDense())
        : dataset.prompts();
  }

  private static Mode mode(DatasetConfig dataset) {
    return switch (dataset.template()) {
      case TARGET_SUMMARY -> Mode.SUMMARY;
      case TARGET_DENSE, SOURCE_DENSE, CHATML -> Mode.DENSE;
      case MIXED -> new Mode.Mixed(1 - dataset.denseRatio());
    };
  }
}
