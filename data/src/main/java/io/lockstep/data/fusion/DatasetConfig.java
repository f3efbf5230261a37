package io.lockstep.data.fusion;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.data.preprocess.Preprocessor;
import io.lockstep.data.preprocess.Preprocessors;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import java.nio.file.Path;
import java.util.List;
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
 * @param preprocessors what is done with its records first
 * @param prompts texts that replace the composed ones
 */
public record DatasetConfig(
    @Key(
            value = "Its label in metrics and messages, unique in the fusion.",
            pattern = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}",
            patternInWords = "letters, digits, '_', '.' and '-', at most 64")
        String name,
    @Key(value = "Records to learn from, JSONL.", mustExist = true) Path trainJsonl,
    @Key(value = "Records to evaluate with, JSONL.", mustExist = true) Optional<Path> valJsonl,
    @Key("What is made of its records.") DatasetTemplate template,
    @Key(
            value = "Share of records that become dense ones with `template: mixed`.",
            otherwise = DENSE_RATIO,
            min = 0,
            max = 1)
        double denseRatio,
    @Key(
            value =
                "Of a target: its part of its own records in an epoch. Of a source: in relation to the quotas of all targets.",
            min = 1e-9,
            max = 1e6)
        double ratio,
    @Key(
            value = "Decides, with the fusion's, which of its records are drawn.",
            like = "fusion.seed")
        long seed,
    @Key(
            name = "sample_without_replacement",
            value = "Whether no record is drawn twice in an epoch while there are enough.",
            otherwise = "true")
        boolean withoutReplacement,
    @Key(
            name = "max_objects_per_image",
            value = "Most objects of a picture that are taught; 0 for all.",
            min = 0,
            max = 1 << 20)
        int maxObjects,
    @Key(name = "augmentation_enabled", value = "Whether its pictures are augmented.")
        boolean augmented,
    @Key(
            name = "curriculum_enabled",
            value = "Whether the augmentation of its pictures follows the curriculum.",
            like = "augmentation_enabled")
        boolean curriculum,
    @Key(value = "What is done with its records first.", kinds = Preprocessors.class)
        List<Preprocessor> preprocessors,
    @Key(inline = true) PromptTexts prompts)
    implements Checked {

  /** Share of dense ones unless a recipe says otherwise. */
  public static final String DENSE_RATIO = "0.5";

  public DatasetConfig {
    preprocessors = List.copyOf(preprocessors);
  }

  @Override
  public void check(Place section) {
    checkDenseRatio(section.at("dense_ratio"), denseRatio, template);
    if (curriculum && !augmented) {
      section.at("curriculum_enabled").problem("needs augmentation_enabled: true");
    }
  }

  /** Refuses a share that nobody reads; the default is written into every stored recipe. */
  public static void checkDenseRatio(Place key, double ratio, DatasetTemplate template) {
    if (ratio != Double.parseDouble(DENSE_RATIO)
        && template != DatasetTemplate.MIXED
        && !key.isStored()) {
      key.problem("needs template: mixed");
    }
  }

  /**
   * Opens one of its files.
   *
   * @param records {@link #trainJsonl} or {@link #valJsonl}
   * @param run the run's prompts
   * @param emitNorm the unit of coordinates in dense answers
   * @throws DataException if it is missing, unreadable, empty or holds blank or over-long lines
   * @throws IllegalArgumentException if a mixed dataset asks for both tasks with the same words
   */
  public Dataset open(Path records, Prompts run, EmitNorm emitNorm) {
    return Dataset.open(
        records, template.builder(this, run, emitNorm), new Preprocessing(preprocessors));
  }
}
