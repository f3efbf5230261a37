package io.lockstep.model.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.config.VisionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How pictures are resized, normalised and cut, as a model's files tell it.
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

  /** Its name in a model's folder. */
  public static final String FILE_NAME = "preprocessor_config.json";

  /** The file of all processors of a model, written by newer versions of the public library. */
  public static final String PROCESSOR_FILE_NAME = "processor_config.json";

  private static final String IMAGE_PROCESSOR = "image_processor";
  private static final int CHANNELS = 3;
  private static final int BICUBIC = 3;
  private static final double RESCALE_FACTOR = 1.0 / 255;
  private static final String PROCESSOR_TYPE = "Qwen2VLImageProcessorFast";

  public ImageOptions {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /**
   * The same with other limits of a picture's size.
   *
   * @param min pixels that a picture has at least; the same as here if it is absent
   * @param max pixels that it has at most; likewise
   * @throws IllegalArgumentException if the least is more than the greatest, or less than one token
   */
  public ImageOptions withLimits(Optional<Integer> min, Optional<Integer> max) {
    int least = min.orElse(minPixels);
    int most = max.orElse(maxPixels);
    if (least > most) {
      throw new IllegalArgumentException(
          "pictures would have at least %d pixels but at most %d: give both limits"
              .formatted(least, most));
    }
    if (most < factor() * factor()) {
      throw new IllegalArgumentException(
          "pictures of at most %d pixels have no room for a single token of %d x %d"
              .formatted(most, factor(), factor()));
    }
    return new ImageOptions(patchSize, temporalPatchSize, mergeSize, least, most, mean, std);
  }

  /**
   * Makes a folder tell these options, whichever of the files it has.
   *
   * @return names of the files that were written
   */
  public List<String> replaceIn(Path folder) throws IOException {
    write(folder.resolve(FILE_NAME));
    Path shared = folder.resolve(PROCESSOR_FILE_NAME);
    if (!Files.isRegularFile(shared) || readShared(shared).isEmpty()) {
      return List.of(FILE_NAME);
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = (ObjectNode) mapper.readTree(Files.readString(shared));
    ObjectNode processor = (ObjectNode) root.get(IMAGE_PROCESSOR);
    processor.remove(List.of("min_pixels", "max_pixels"));
    ObjectNode size = processor.putObject("size");
    size.put("shortest_edge", minPixels);
    size.put("longest_edge", maxPixels);
    FileWrites.text(
        shared, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    return List.of(FILE_NAME, PROCESSOR_FILE_NAME);
  }

  /** Sides of resized pictures are multiples of this. */
  public int factor() {
    return patchSize * mergeSize;
  }

  /** Whether a model's folder tells them. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE_NAME))
        || Files.isRegularFile(folder.resolve(PROCESSOR_FILE_NAME));
  }

  /**
   * Those of a model's folder: of {@code preprocessor_config.json}, or of the image processor in
   * {@code processor_config.json}, which is all that the public library writes since version 5.
   *
   * @throws InvalidConfigException naming every problem; also if both files tell them differently,
   *     since which one counts depends on the library's version
   */
  public static ImageOptions of(Path folder) throws IOException {
    Path own = folder.resolve(FILE_NAME);
    Path shared = folder.resolve(PROCESSOR_FILE_NAME);
    Optional<ImageOptions> ofShared =
        Files.isRegularFile(shared) ? readShared(shared) : Optional.empty();
    if (!Files.isRegularFile(own)) {
      return ofShared.orElseThrow(() ->
          new InvalidConfigException(
              shared, List.of(IMAGE_PROCESSOR + " is missing, and there is no " + FILE_NAME)));
    }
    ImageOptions options = read(own);
    if (ofShared.isPresent() && !ofShared.get().equals(options)) {
      throw new InvalidConfigException(
          folder,
          List.of(
              "%s says %s but %s says %s: remove the file that doesn't belong to the model"
                  .formatted(PROCESSOR_FILE_NAME, ofShared.get(), FILE_NAME, options)));
    }
    return options;
  }

  /**
   * Reads {@code preprocessor_config.json}.
   *
   * @throws InvalidConfigException naming every missing key, unsupported value and unknown key
   */
  public static ImageOptions read(Path file) throws IOException {
    StrictJson json = StrictJson.read(file);
    ImageOptions options = parse(json);
    json.finish();
    return options;
  }

  private static Optional<ImageOptions> readShared(Path file) throws IOException {
    StrictJson json = StrictJson.read(file);
    json.inert("auto_map", "chat_template", "processor_class", "video_processor");
    if (!json.has(IMAGE_PROCESSOR)) {
      return Optional.empty();
    }
    ImageOptions options = parse(json.object(IMAGE_PROCESSOR));
    json.finish();
    return Optional.of(options);
  }

  private static ImageOptions parse(StrictJson json) {
    json.inert("processor_class", "image_processor_type", "data_format", "return_tensors");
    json.inert("auto_map", "default_to_square", "device", "disable_grouping", "input_data_format");
    // Sizes of steps that are off.
    json.inert("crop_size", "pad_size");
    for (String step : List.of("do_center_crop", "do_pad")) {
      json.onlyIfPresent(step, false);
    }
    for (String step : List.of("do_rescale", "do_normalize", "do_resize", "do_convert_rgb")) {
      json.onlyIfPresent(step, true);
    }
    json.onlyIfPresent("resample", BICUBIC);
    json.onlyIfPresent("rescale_factor", RESCALE_FACTOR);
    StrictJson size = json.has("size") ? json.object("size") : json;
    int min = limit(json, "min_pixels", size, "shortest_edge");
    int max = limit(json, "max_pixels", size, "longest_edge");
    if (min > max) {
      json.problem(
          "min_pixels",
          "or size.shortest_edge is %d but at most %d pixels are allowed".formatted(min, max));
    }
    List<Double> std = json.numbers("image_std", CHANNELS);
    if (std.stream().anyMatch(value -> value <= 0)) {
      json.problem("image_std", "must be more than 0");
    }
    return new ImageOptions(
        json.size("patch_size"),
        json.size("temporal_patch_size"),
        json.size("merge_size"),
        min,
        max,
        json.numbers("image_mean", CHANNELS),
        std);
  }

  /** A number of pixels; under its older name it counts before the newer one, as in public. */
  private static int limit(StrictJson json, String older, StrictJson size, String newer) {
    size.inert(newer);
    json.inert(older);
    return json.has(older) || size.equals(json) ? json.size(older) : size.size(newer);
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
          ("the image processor has (patch_size, temporal_patch_size, merge_size) %s but"
                  + " config.json has %s; both files must come from the same model")
              .formatted(here, there));
    }
  }

  /** Writes {@code preprocessor_config.json} in the public layout, replacing {@code file}. */
  public void write(Path file) throws IOException {
    String text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json());
    FileWrites.text(file, text + "\n");
  }

  /** What {@code preprocessor_config.json} says in the public layout. */
  public ObjectNode json() {
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
    return root;
  }

  private static void add(ArrayNode array, List<Double> values) {
    values.forEach(array::add);
  }
}
