package io.lockstep.data.augment;

import io.lockstep.config.ConfigException;
import java.nio.file.Path;
import java.util.List;

/** Reads what stands under {@code augmentation}. */
public final class Configs {

  private Configs() {}

  /** A good configuration. */
  public static AugmentationConfig good(String block) {
    try {
      return read(block);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** What is wrong with a configuration. */
  public static List<String> problems(String block) {
    try {
      AugmentationConfig _ = read(block);
      return List.of();
    } catch (ConfigException e) {
      return e.problems();
    }
  }

  private static AugmentationConfig read(String block) throws ConfigException {
    return AugmentationConfig.parse("augmentation: " + block, "test", Path.of(""));
  }
}
