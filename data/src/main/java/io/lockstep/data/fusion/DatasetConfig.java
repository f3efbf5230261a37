package io.lockstep.data.fusion;

import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One dataset of a fusion.
 *
 * @param name its label in metrics and messages, unique in the fusion
 * @param trainJsonl records to learn from
 * @param valJsonl records to evaluate with
 * @param template what is made of its records
 * @param denseRatio share of dense ones with {@link DatasetTemplate#MIXED}
 * @param ratio of a target: its part of its own records in an epoch; of a source: in relation to
 *     the quotas of all targets; more than 0
 * @param seed decides, with the fusion's, which of its records are drawn
 * @param withoutReplacement whether no record is drawn twice in an epoch while there are enough
 * @param maxObjects most objects of a picture that are taught; 0 for all
 * @param augmented whether its pictures are augmented
 * @param curriculum whether the augmentation of its pictures follows the curriculum
 * @param preprocessing what is done with its records first
 * @param prompts texts that replace the composed ones
 */
public record DatasetConfig(
    String name,
    Path trainJsonl,
    Optional<Path> valJsonl,
    DatasetTemplate template,
    double denseRatio,
    double ratio,
    long seed,
    boolean withoutReplacement,
    int maxObjects,
    boolean augmented,
    boolean curriculum,
    Preprocessing preprocessing,
    PromptTexts prompts) {

  /** Most objects of a source's picture unless it says otherwise. */
  public static final int SOURCE_MAX_OBJECTS = 64;

  /**
   * Opens one of its files.
   *
   * @param records {@link #trainJsonl} or {@link #valJsonl}
   * @param run the run's prompts
   * @throws DataException if it is missing, unreadable, empty or holds blank or over-long lines
   * @throws IllegalArgumentException if a mixed dataset asks for both tasks with the same words
   */
  public Dataset open(Path records, Prompts run) {
    return Dataset.open(records, template.builder(this, run), preprocessing);
  }
}
