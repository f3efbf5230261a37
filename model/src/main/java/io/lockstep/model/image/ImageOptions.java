package io.lockstep.model.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.config.VisionConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How pictures are resized, normalised and cut, as {@code preprocessor_config.json} tells it.
 *
 * @param patchSize side of a patch in pixels
 * @param temporalPatchSize frames in a patch; a still picture is repeated
 * @param mergeSize side, in patches, of the square that becomes one token
 * @param minPixels pictures with fewer pixels are enlarged
 * @param maxPixels pictures with more pixels are reduced
 * @param mean per channel, of values between 0 and 1
 * @param std per channel, of values between 0 and 1
 */
public record ImageOptions(
    int patchSize,
    int temporalPatchSize,
    int mergeSize,
    int minPixels,
    int maxPixels,
    List<Double> mean,
    List<Double> std) {

  private static final int CHANNELS = 3;
  private static final int BICUBIC = 3;
  private static final double RESCALE_FACTOR = 1.0 / 255;
  private static final String PROCESSOR_TYPE = "Qwen2VLImageProcessorFast";

  public ImageOptions {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /** Sides of resized pictures are multiples of this. */
  public int factor() {
    return patchSize * mergeSize;
  }

  /**
   * Reads {@code preprocessor_config.json}.
   *
   * @throws InvalidConfigException naming every missing key, unsupported value and unknown key
   */
  public static ImageOptions read(Path file) throws IOException {
    StrictJson json = StrictJson.read(file);
    json.inert("processor_class", "image_processor_type", "data_format", "return_tensors");
    for (String step : List.of("do_rescale", "do_normalize", "do_resize", "do_convert_rgb")) {
      json.onlyIfPresent(step, true);
    }
    json.onlyIfPresent("resample", BICUBIC);
    json.onlyIfPresent("rescale_factor", RESCALE_FACTOR);
    boolean hasSize = json.has("size");
    StrictJson size = hasSize ? json.object("size") : json;
    int min = size.size(hasSize ? "shortest_edge" : "min_pixels");
    int max = size.size(hasSize ? "longest_edge" : "max_pixels");
    if (hasSize) {
      json.onlyIfPresent("min_pixels", min);
      json.onlyIfPresent("max_pixels", max);
    }
    if (min > max) {
      size.problem(
          hasSize ? "shortest_edge" : "min_pixels", "is more than the most pixels, " + max);
    }
    List<Double> std = json.numbers("image_std", CHANNELS);
    if (std.stream().anyMatch(value -> value <= 0)) {
      json.problem("image_std", "must be more than 0");
    }
    ImageOptions options =
        new ImageOptions(
            json.size("patch_size"),
            json.size("temporal_patch_size"),
            json.size("merge_size"),
            min,
            max,
            json.numbers("image_mean", CHANNELS),
            std);
    json.finish();
    return options;
  }

  /**
   * Checks that patches made with these options fit the model's vision tower.
   *
   * @throws IllegalArgumentException naming the sizes that differ
   */
  public void requireMatch(VisionConfig vision) {
    List<Integer> here = List.of(patchSize, temporalPatchSize, mergeSize);
    List<Integer> there =
        List.of(vision.patchSize(), vision.temporalPatchSize(), vision.spatialMergeSize());
    if (!here.equals(there)) {
      throw new IllegalArgumentException(
          ("preprocessor_config.json has (patch_size, temporal_patch_size, merge_size) %s but"
                  + " config.json has %s; both files must come from the same model")
              .formatted(here, there));
    }
  }

  /** Writes {@code preprocessor_config.json} in the public layout, replacing {@code file}. */
  public void write(Path file) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("image_processor_type", PROCESSOR_TYPE);
    root.put("patch_size", patchSize);
    root.put("temporal_patch_size", temporalPatchSize);
    root.put("merge_size", mergeSize);
    add(root.putArray("image_mean"), mean);
    add(root.putArray("image_std"), std);
    root.put("do_rescale", true);
    root.put("rescale_factor", RESCALE_FACTOR);
    root.put("do_normalize", true);
    root.put("do_resize", true);
    root.put("resample", BICUBIC);
    root.put("do_convert_rgb", true);
    ObjectNode size = root.putObject("size");
    size.put("shortest_edge", minPixels);
    size.put("longest_edge", maxPixels);
    root.put("min_pixels", minPixels);
    root.put("max_pixels", maxPixels);
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    Files.writeString(file, json + "\n", StandardCharsets.UTF_8);
  }

  private static void add(ArrayNode array, List<Double> values) {
    values.forEach(array::add);
  }
}
