package io.lockstep.model.checkpoint;

import io.lockstep.data.file.FileWrites;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which files make a folder a model, beside its weights. */
public final class CheckpointFiles {

  static final String CONFIG = "config.json";

  /**
   * What the public libraries keep beside the weights. Not all of it is read here, but a checkpoint
   * without its chat template or video processor is of no use to whoever reads them.
   */
  private static final List<String> COMPANIONS =
      List.of(
          CONFIG,
          GenerationConfig.FILE_NAME,
          ImageOptions.FILE_NAME,
          ImageOptions.PROCESSOR_FILE_NAME,
          "video_preprocessor_config.json",
          Tokenizer.FILE,
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "chat_template.json");

  private static final List<String> PICKLES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  private CheckpointFiles() {}

  /** The companion files that a folder has, in a fixed order. */
  public static List<String> companionsIn(Path folder) {
    return COMPANIONS.stream().filter(name -> Files.isRegularFile(folder.resolve(name))).toList();
  }

  /**
   * Copies the companion files to another folder as they are, and writes what the public library
   * expects of a checkpoint and the folder lacks.
   *
   * @return the files' names in the other folder
   */
  static List<String> copy(Path folder, Path target) throws IOException {
    for (String name : companionsIn(folder)) {
      FileWrites.copy(folder.resolve(name), target.resolve(name));
    }
    Path generation = target.resolve(GenerationConfig.FILE_NAME);
    if (!Files.exists(generation)) {
      GenerationConfig.of(folder).write(generation);
    }
    return companionsIn(target);
  }

  /** What to do with the weights that older programs write. */
  private static String pickles(Path folder) {
    return PICKLES.stream()
        .filter(name -> Files.exists(folder.resolve(name)))
        .findFirst()
        .map(name ->
            "; there is %s, pickles of Python objects, which are not read: load it with transformers and save it with safe_serialization=True"
                .formatted(name))
        .orElse("");
  }

  /**
   * Checks that all files are there that can't be done without.
   *
   * @param weights whether the weights are among them
   * @throws InvalidCheckpointException naming every file that is missing
   */
  static void require(Path folder, boolean weights) throws IOException {
    List<String> problems = new ArrayList<>();
    for (String name : List.of(CONFIG, Tokenizer.FILE)) {
      if (!Files.isRegularFile(folder.resolve(name))) {
        problems.add(name + " is missing");
      }
    }
    if (!ImageOptions.isIn(folder)) {
      problems.add(
          ImageOptions.FILE_NAME + " (or " + ImageOptions.PROCESSOR_FILE_NAME + ") is missing");
    }
    if (weights && !TensorSource.anyIn(folder)) {
      problems.add(TensorSource.WEIGHTS_FILE + " is missing" + pickles(folder));
    }
    if (!problems.isEmpty()) {
      throw new InvalidCheckpointException(folder, problems);
    }
  }
}
