package io.lockstep.worker.loader;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.bank.BankFolder;
import io.lockstep.data.bank.EarlierSamples;
import io.lockstep.data.bank.PatchBank;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongFunction;

/** The patch bank of a run. */
final class RunPatches {

  private RunPatches() {}

  /**
   * Opens the bank that a run's augmentation copies pieces from, if it does.
   *
   * @param records gives the record of a sample that pieces may be taken of
   * @throws DataException if the bank's folder can't be used
   */
  static Optional<PatchSupply> of(
      RunConfig config, EpochPlan plan, LongFunction<Optional<ImageRecord>> records) {
    if (!needed(config)) {
      return Optional.empty();
    }
    Path folder = BankFolder.of(config.outputDir(), System.getenv());
    try {
      return Optional.of(
          new PatchSupply(
              PatchBank.open(folder, config.data().patchBankBytes()),
              new EarlierSamples(plan, records),
              new ImageDecoder(DecodeLimits.DEFAULT),
              config.seed()));
    } catch (IOException e) {
      throw new DataException(
          new Problem(folder, 0, "", "the patch bank can't be opened: " + e), e);
    }
  }

  /** The same pieces for who only looks at some samples: nothing is kept on the disk. */
  static Optional<PatchSupply> withoutBank(
      RunConfig config, EpochPlan plan, LongFunction<Optional<ImageRecord>> records) {
    return needed(config)
        ? Optional.of(
            PatchSupply.withoutBank(
                new EarlierSamples(plan, records),
                new ImageDecoder(DecodeLimits.DEFAULT),
                config.seed()))
        : Optional.empty();
  }

  private static boolean needed(RunConfig config) {
    return config
        .custom()
        .activeAugmentation()
        .filter(AugmentationConfig::needsPatchBank)
        .isPresent();
  }
}
