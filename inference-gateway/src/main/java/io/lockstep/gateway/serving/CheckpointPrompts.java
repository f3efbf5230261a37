package io.lockstep.gateway.serving;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.Vocabulary;
import io.lockstep.config.YamlText;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.model.checkpoint.AdapterBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The prompts a checkpoint was trained with: section {@code prompts} of its {@code run.yaml}. */
public final class CheckpointPrompts {

  private static final String RUN_CONFIG = "run.yaml";

  private CheckpointPrompts() {}

  /**
   * Reads a checkpoint's prompts, an adapter's or else those of its base model; the default ones if
   * there is no {@code run.yaml}, which is so if no run of ours wrote it.
   *
   * @throws IOException naming the file, if it is there and can't be understood
   */
  public static Prompts read(Path checkpoint) throws IOException {
    Path own = checkpoint.resolve(RUN_CONFIG);
    Path file = Files.exists(own) ? own : AdapterBase.modelOf(checkpoint).resolve(RUN_CONFIG);
    return Files.exists(file) ? parse(file) : Prompts.defaults();
  }

  private static Prompts parse(Path file) throws IOException {
    try {
      return ConfigReader.readSection(
              PromptConfig.class,
              YamlText.of(file),
              new ConfigReader.Origin(file.toString(), file.resolveSibling(""), true),
              List.of("/prompts"),
              Vocabulary.NONE)
          .map(PromptConfig::prompts)
          .orElseGet(Prompts::defaults);
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
