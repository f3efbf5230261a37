package io.lockstep.worker.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code trainer_state.json}: what resuming needs to know besides weights, moments and
 * configuration. Where samples are drawn from and where the learning rate stands follow from the
 * steps.
 *
 * @param steps committed steps
 * @param skippedSteps of these, those that changed no weight; 0 in checkpoints of versions that
 *     didn't record it
 * @param seed the run's seed
 * @param worldSize number of ranks that wrote the checkpoint; those that read it may be others
 * @param virtualRanks shares of a step
 * @param globalBatchSize samples of a step
 * @param flatFloats values of the flat buffer of trained parameters
 * @param bucketFloats values of a bucket
 * @param numerics what decided the bits besides, see {@link io.lockstep.tensor.Numerics}; empty in
 *     checkpoints of versions that didn't record it
 */
public record TrainerState(
    long steps,
    long skippedSteps,
    long seed,
    int worldSize,
    int virtualRanks,
    int globalBatchSize,
    long flatFloats,
    int bucketFloats,
    SortedMap<String, String> numerics) {

  /** Its name in a checkpoint's folder. */
  public static final String FILE_NAME = "trainer_state.json";

  private static final String NUMERICS = "numerics";
  private static final long MAX_BYTES = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  public TrainerState {
    numerics = Collections.unmodifiableSortedMap(new TreeMap<>(numerics));
  }

  /** As it is stored. */
  public String toJson() {
    ObjectNode state =
        JSON.createObjectNode()
            .put("steps", steps)
            .put("skipped_steps", skippedSteps)
            .put("samples", Math.multiplyExact(steps, (long) globalBatchSize))
            .put("seed", seed)
            .put("world_size", worldSize)
            .put("virtual_ranks", virtualRanks)
            .put("global_batch_size", globalBatchSize)
            .put("flat_floats", flatFloats)
            .put("bucket_floats", bucketFloats);
    ObjectNode computedWith = state.putObject(NUMERICS);
    numerics.forEach(computedWith::put);
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(state) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always JSON", e);
    }
  }

  /**
   * Reads a checkpoint's state.
   *
   * @throws CheckpointException naming the file and every figure that is missing or impossible
   */
  public static TrainerState read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new CheckpointException(
          file + " is missing: a run can only go on from a checkpoint that a run has written");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new CheckpointException(file + " has more than " + MAX_BYTES + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + " is not JSON: " + e.getOriginalMessage());
    }
    List<String> problems = new ArrayList<>();
    TrainerState state =
        new TrainerState(
            number(root, "steps", 1, Long.MAX_VALUE, problems),
            root.has("skipped_steps")
                ? number(root, "skipped_steps", 0, Long.MAX_VALUE, problems)
                : 0,
            number(root, "seed", Long.MIN_VALUE, Long.MAX_VALUE, problems),
            (int) number(root, "world_size", 1, Integer.MAX_VALUE, problems),
            (int) number(root, "virtual_ranks", 1, Integer.MAX_VALUE, problems),
            (int) number(root, "global_batch_size", 1, Integer.MAX_VALUE, problems),
            number(root, "flat_floats", 1, Long.MAX_VALUE, problems),
            (int) number(root, "bucket_floats", 1, Integer.MAX_VALUE, problems),
            texts(root.path(NUMERICS)));
    if (!problems.isEmpty()) {
      throw new CheckpointException(file + ": " + String.join(", ", problems));
    }
    return state;
  }

  private static SortedMap<String, String> texts(JsonNode node) {
    SortedMap<String, String> texts = new TreeMap<>();
    node.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }

  private static long number(JsonNode root, String key, long min, long max, List<String> problems) {
    JsonNode node = root.path(key);
    boolean fits =
        node.isIntegralNumber()
            && node.canConvertToLong()
            && node.longValue() >= min
            && node.longValue() <= max;
    if (!fits) {
      problems.add(node.isMissingNode() ? key + " is missing" : key + " can't be " + node);
      return min;
    }
    return node.longValue();
  }
}
