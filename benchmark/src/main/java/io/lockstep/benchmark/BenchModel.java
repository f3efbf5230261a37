package io.lockstep.benchmark;

import io.lockstep.data.file.FileWrites;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Patches;
import io.lockstep.model.network.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The model that benchmarks compute with, and inputs of given sizes for it: what the tokens are
 * does not matter to time.
 */
public final class BenchModel {

  private static final String SHAPE = "bench-model.json";
  private static final long SEED = 7;

  /** Tokens around a picture's placeholders. */
  private static final int AROUND = 2;

  private BenchModel() {}

  /**
   * Makes a folder of the bench model's shape: Qwen3-VL with 41 million parameters in float32, of
   * which the weights are random.
   *
   * @param tokenizer folder of a tokenizer with the special tokens of the base model
   */
  public static void write(Path tokenizer, Path folder) throws IOException {
    for (String name :
        List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "preprocessor_config.json",
            "generation_config.json")) {
      FileWrites.copy(tokenizer.resolve(name), folder.resolve(name));
    }
    try (InputStream shape = BenchModel.class.getResourceAsStream(SHAPE)) {
      if (shape == null) {
        throw new IllegalStateException(SHAPE + " is missing in the jar");
      }
      String json = new String(shape.readAllBytes(), StandardCharsets.UTF_8);
      FileWrites.text(folder.resolve("config.json"), json);
    }
  }

  /** Whether a folder has weights; else it is a shape. */
  public static boolean hasWeights(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.anyMatch(file -> file.getFileName().toString().endsWith(".safetensors"));
    }
  }

  /** Opens a folder to serve it; a shape gets random weights. */
  public static LoadedModel open(Path folder) throws IOException {
    return hasWeights(folder) ? LoadedModel.open(folder) : LoadedModel.initialise(folder, SEED);
  }

  /** Opens a folder to train it; a shape gets random weights. */
  public static LoadedModel openTrainable(Path folder) throws IOException {
    return hasWeights(folder)
        ? LoadedModel.openTrainable(folder)
        : LoadedModel.initialise(folder, SEED);
  }

  /**
   * Rows with one picture each.
   *
   * @param length tokens of a row, those of the picture included
   * @param side of the picture in pixels; 0 for none
   * @param learns whether the second half of each row is learned
   * @throws IllegalArgumentException if the picture doesn't fit into the row
   */
  public static List<Sample> samples(
      LoadedModel model, int rows, int length, int side, boolean learns) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    ModelConfig config = model.config();
    VisionConfig vision = config.vision();
    int block = vision.patchSize() * vision.spatialMergeSize();
    if (side % block != 0) {
      throw new IllegalArgumentException(
          "a picture of %d pixels a side is no multiple of %d".formatted(side, block));
    }
    int grid = side / vision.patchSize();
    int placeholders = (side / block) * (side / block);
    if (side > 0 && placeholders + AROUND >= length) {
      throw new IllegalArgumentException(
          "a picture of %d pixels a side takes %d tokens, and a row has %d"
              .formatted(side, placeholders, length));
    }
    List<Sample> samples = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int[] tokens = new int[length];
      int words = config.visionStartTokenId() / 2;
      Arrays.setAll(tokens, i -> random.nextInt(words));
      List<Patches> pictures = new ArrayList<>();
      if (side > 0) {
        tokens[0] = config.visionStartTokenId();
        Arrays.fill(tokens, 1, 1 + placeholders, config.imageTokenId());
        tokens[1 + placeholders] = config.visionEndTokenId();
        float[] pixels = new float[grid * grid * vision.patchValues()];
        for (int i = 0; i < pixels.length; i++) {
          pixels[i] = random.nextFloat(-1, 1);
        }
        pictures.add(new Patches(pixels, 1, grid, grid));
      }
      int[] labels = tokens.clone();
      Arrays.fill(labels, 0, learns ? length / 2 : length, Sample.IGNORED);
      samples.add(new Sample("row " + row, tokens, labels, pictures));
    }
    return samples;
  }
}
