package io.lockstep.worker.train;

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
    if (config.data().augmentation().filter(AugmentationConfig::needsPatchBank).isEmpty()) {
      return Optional.empty();
    }
    Path folder = BankFolder.of(config.outputDir(), System.getenv());
    try {
      return Optional.of(
          new PatchSupply(
              PatchBank.open(folder, PatchBank.DEFAULT_MAX_BYTES),
              new EarlierSamples(plan, records),
              new ImageDecoder(DecodeLimits.DEFAULT),
              config.seed()));
    } catch (IOException e) {
      throw new DataException(
          new Problem(folder, 0, "", "the patch bank can't be opened: " + e), e);
    }
  }
}
