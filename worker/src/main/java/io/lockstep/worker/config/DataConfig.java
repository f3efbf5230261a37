package io.lockstep.worker.config;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.data.prompt.PromptTexts;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The data of a run: one file, or a fusion of several.
 *
 * @param trainJsonl records to learn from, if there is no fusion
 * @param valJsonl records of the same kind that are not learned from: the loss on them is computed
 *     with each checkpoint
 * @param template what is made of a picture record of that file
 * @param denseRatio share of picture records that become dense ones with {@link
 *     DatasetTemplate#MIXED}
 * @param preprocessing what is done with the records of that file first
 * @param fusion datasets that are learned together
 * @param augmentation how pictures are changed before the model sees them
 * @param valRecords most records whose loss is computed with a checkpoint
 * @param loaderThreads threads that make samples on each worker; if it is absent, half the cores
 * @param patchBankMib most MiB that the run's patch bank may take on the disk
 * @param maxUnreadable most records that may give way to others because they can't be read; see
 *     {@link #maxUnreadable(long)}
 */
public record DataConfig(
    Optional<Path> trainJsonl,
    Optional<Path> valJsonl,
    DatasetTemplate template,
    double denseRatio,
    Preprocessing preprocessing,
    Optional<FusionConfig> fusion,
    Optional<AugmentationConfig> augmentation,
    int valRecords,
    OptionalInt loaderThreads,
    int patchBankMib,
    OptionalInt maxUnreadable) {

  /** Name of the only dataset of a run without a fusion. */
  public static final String ONLY = "train";

  /** Room of a patch bank unless a recipe says otherwise: 2 GiB. */
  public static final int DEFAULT_PATCH_BANK_MIB = 2048;

  /** Most records that a run may lose unless a recipe says otherwise. */
  private static final int DEFAULT_MAX_UNREADABLE = 100;

  /** One in so many records, unless a recipe says otherwise. */
  private static final int DEFAULT_UNREADABLE_SHARE = 100;

  /** Records whose loss is computed with a checkpoint unless a recipe says otherwise. */
  public static final int DEFAULT_VAL_RECORDS = 64;

  private static final int MOST_VAL_RECORDS = 100_000;
  private static final int MOST_UNREADABLE = 10_000;
  private static final int MAX_LOADER_THREADS = 256;
  private static final int MAX_PATCH_BANK_MIB = 1 << 20;

  static DataConfig read(Section root, Path folder, long runSeed) {
    Section section = root.section("data");
    RemovedOptions.refuse(section);
    boolean fused = section.has("fusion");
    OptionalInt threads = OptionalInt.empty();
    if (section.has("loader_threads")) {
      threads = OptionalInt.of(section.integer("loader_threads", null, 1));
      if (threads.getAsInt() > MAX_LOADER_THREADS) {
        section.problem("loader_threads", "must be at most " + MAX_LOADER_THREADS);
      }
    }
    int bankMib =
        Math.toIntExact(
            section.longInteger(
                "patch_bank_mib", (long) DEFAULT_PATCH_BANK_MIB, 1, MAX_PATCH_BANK_MIB));
    int valRecords =
        Math.toIntExact(
            section.longInteger("val_records", (long) DEFAULT_VAL_RECORDS, 1, MOST_VAL_RECORDS));
    OptionalInt maxUnreadable = OptionalInt.empty();
    if (section.has("max_unreadable")) {
      maxUnreadable =
          OptionalInt.of(
              Math.toIntExact(section.longInteger("max_unreadable", null, 0, MOST_UNREADABLE)));
    }
    Optional<AugmentationConfig> augmentation = AugmentationFile.of(root, section, folder);
    DataConfig config =
        fused
            ? new DataConfig(
                Optional.empty(),
                Optional.empty(),
                DatasetTemplate.TARGET_SUMMARY,
                0.5,
                Preprocessing.NONE,
                Optional.of(FusionSection.read(section, folder, runSeed)),
                augmentation,
                valRecords,
                threads,
                bankMib,
                maxUnreadable)
            : new DataConfig(
                Optional.of(RunConfig.existing(section, "train_jsonl", folder)),
                section.has("val_jsonl")
                    ? Optional.of(RunConfig.existing(section, "val_jsonl", folder))
                    : Optional.empty(),
                section.choice("template", null, DatasetTemplate.class),
                section.number("dense_ratio", 0.5, 0, 1),
                FusionSection.preprocessing(section),
                Optional.empty(),
                augmentation,
                valRecords,
                threads,
                bankMib,
                maxUnreadable);
    if (fused) {
      for (String key :
          List.of("train_jsonl", "val_jsonl", "template", "dense_ratio", "preprocessors")) {
        if (section.has(key)) {
          section.problem(key, "and data.fusion exclude each other: give it to a dataset instead");
        }
      }
    }
    section.finish();
    return config;
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
                    template,
                    denseRatio,
                    1,
                    runSeed,
                    true,
                    0,
                    true,
                    true,
                    preprocessing,
                    PromptTexts.NONE)));
  }
}
