package io.lockstep.cli.command.data;

import io.lockstep.cli.console.UserError;
import io.lockstep.config.ConfigException;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.dataset.RecordAugmenter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The augmentation of a {@code --config}, for commands that look at single records. */
final class AugmenterOption {

  private AugmenterOption() {}

  /** An augmenter without other pictures to copy from: those are known to training alone. */
  static RecordAugmenter read(Path config, Optional<Path> base, long seed)
      throws IOException, ConfigException {
    AugmentationConfig augmentation = AugmentationConfig.read(config, base);
    if (augmentation.needsPatchBank()) {
      throw new UserError(
          config
              + ": source_mode bank or mixed copies pieces of other pictures, which only training"
              + " does; set source_mode: self, or bank_add_prob: 0");
    }
    return new RecordAugmenter(augmentation, seed);
  }
}
