package io.lockstep.data.bank;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where a run's patch bank is. */
public final class BankFolder {

  /** The environment variable that names the folder. */
  public static final String VARIABLE = "QWEN3_VL_PATCH_BANK_DIR";

  private static final String NAME = "patch_bank";

  private BankFolder() {}

  /**
   * The folder that the environment names, else {@code patch_bank} in the run's folder.
   *
   * @throws IllegalArgumentException if there is neither
   */
  public static Path of(Optional<Path> outputDir, Map<String, String> environment) {
    String named = environment.get(VARIABLE);
    if (named != null && !named.isBlank()) {
      return Path.of(named).toAbsolutePath().normalize();
    }
    return outputDir
        .map(dir -> dir.resolve(NAME).toAbsolutePath().normalize())
        .orElseThrow(() ->
            new IllegalArgumentException(
                "the patch bank has no folder: set training.output_dir or " + VARIABLE));
  }
}
