package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.preprocess.Preprocessor;
import io.lockstep.data.preprocess.Preprocessors;
import io.lockstep.data.prompt.PromptTexts;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The data of a run: one file, or a fusion of several.
 *
 * @param trainJsonl records to learn from, if there is no fusion
 * @param valJsonl records of the same kind that are not learned from: the run is evaluated on them
 * @param template what is made of a picture record of that file
 * @param denseRatio share of picture records that become dense ones with {@link
 *     DatasetTemplate#MIXED}
 * @param preprocessors what is done with the records of that file first
 * @param fusion datasets that are learned together
 * @param valRecords most records that the run is evaluated on
 * @param dataloaderNumWorkers threads that make samples on each worker; if it is absent, half the
 *     cores
 * @param dataloaderPinMemory accepted: nothing is copied to a device that would need it
 * @param patchBankMib most MiB that the run's patch bank may take on the disk
 * @param maxUnreadable most records that may give way to others because they can't be read; see
 *     {@link #maxUnreadable(long)}
 */
public record DataConfig(
    @Key(value = "Records to learn from, JSONL; needed unless there is a fusion.", mustExist = true)
        Optional<Path> trainJsonl,
    // Nothing is learned from what is held out.
    @Key(
            value =
                "Records of the same kind that are not learned from: the run is evaluated on them, with each checkpoint unless `training.eval_strategy` or `training.eval_steps` says otherwise.",
            mustExist = true,
            changesWeights = false)
        Optional<Path> valJsonl,
    @Key("What is made of a picture record of that file; needed unless there is a fusion.")
        Optional<DatasetTemplate> template,
    @Key(
            value = "Share of picture records that become dense ones with `template: mixed`.",
            otherwise = DatasetConfig.DENSE_RATIO,
            min = 0,
            max = 1)
        double denseRatio,
    @Key(value = "What is done with the records of that file first.", kinds = Preprocessors.class)
        List<Preprocessor> preprocessors,
    @Key(value = "Datasets that are learned together, instead of `train_jsonl`.", file = true)
        Optional<FusionConfig> fusion,
    @Key(
            value = "Most records that the run is evaluated on, spread evenly.",
            otherwise = "64",
            min = 1,
            max = 100_000,
            changesWeights = false)
        int valRecords,
    @Key(
            value = "Threads that make samples on each worker; half the cores unless it is given.",
            min = 1,
            max = 256,
            changesWeights = false)
        Optional<Integer> dataloaderNumWorkers,
    @Key(
            value = "Accepted; on CPUs samples are made where the model reads them.",
            otherwise = "false",
            changesWeights = false)
        boolean dataloaderPinMemory,
    // What a bank has no room for is cut from its picture once more.
    @Key(
            value = "Most that the run's patch bank may take on the disk.",
            otherwise = "2048",
            min = 1,
            max = 1 << 20,
            unit = "MiB",
            changesWeights = false)
        int patchBankMib,
    // Decides whether a run goes on, not what it learns.
    @Key(
            value =
                "Most records that may give way to others because they can't be read; unless it is given one in a hundred, but at least 1 and at most 100.",
            min = 0,
            max = 10_000,
            changesWeights = false)
        Optional<Integer> maxUnreadable)
    implements Checked {

  /** Name of the only dataset of a run without a fusion. */
  public static final String ONLY = "train";

  /** Most records that a run may lose unless a recipe says otherwise. */
  private static final int DEFAULT_MAX_UNREADABLE = 100;

  /** One in so many records, unless a recipe says otherwise. */
  private static final int DEFAULT_UNREADABLE_SHARE = 100;

  @Override
  public void check(Place section) {
    require(section.at("train_jsonl"), trainJsonl.isPresent(), "a path");
    require(section.at("template"), template.isPresent(), "a text such as target_summary");
    if (fusion.isPresent()) {
      exclude(section.at("val_jsonl"), valJsonl.isPresent());
      exclude(
          section.at("dense_ratio"), denseRatio != Double.parseDouble(DatasetConfig.DENSE_RATIO));
      exclude(section.at("preprocessors"), !preprocessors.isEmpty());
    } else {
      template.ifPresent(
          known -> DatasetConfig.checkDenseRatio(section.at("dense_ratio"), denseRatio, known));
    }
  }

  private void require(Place key, boolean given, String what) {
    if (fusion.isPresent()) {
      exclude(key, given);
    } else if (!given) {
      key.problem("is missing: it must be " + what);
    }
  }

  private static void exclude(Place key, boolean given) {
    if (given) {
      key.problem("and data.fusion exclude each other: give it to a dataset instead");
    }
  }

  /** Most bytes that the run's patch bank may take on the disk. */
  public long patchBankBytes() {
    return (long) patchBankMib << 20;
  }

  /**
   * Most different records that a run may replace because they can't be read; one more ends it.
   * Unless a recipe says otherwise one in a hundred, but at least 1 and at most 100.
   *
   * @param records of the run's files
   */
  public int maxUnreadable(long records) {
    return maxUnreadable.orElseGet(() ->
        Math.toIntExact(
            Math.clamp(records / DEFAULT_UNREADABLE_SHARE, 1L, (long) DEFAULT_MAX_UNREADABLE)));
  }

  /** The datasets; the only one has the seed of the run. */
  List<DatasetConfig> datasets(long runSeed) {
    return fusion
        .map(FusionConfig::all)
        .orElseGet(() ->
            List.of(
                new DatasetConfig(
                    ONLY,
                    trainJsonl.orElseThrow(),
                    valJsonl,
                    template.orElseThrow(),
                    denseRatio,
                    1,
                    runSeed,
                    true,
                    0,
                    true,
                    true,
                    preprocessors,
                    PromptTexts.NONE)));
  }
}
