package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.LANGUAGE;
import static io.lockstep.model.network.ModelLayout.VISUAL;

import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.config.Qwen25VisionConfig;
import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.config.VisionConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The segments a network is cut into, in the order of its parameters: vision embedding, vision
 * blocks, merger, DeepStack's mergers, text embedding, decoder layers, head with final norm. Every
 * parameter belongs to one segment, whose outputs only later segments read.
 */
public final class Segmentation {

  /** The last segment: final norm, head and whatever is computed from the logits. */
  public static final String HEAD = "head";

  static final String VISION_EMBEDDING = "vision_embedding";
  static final String VISION_BLOCK = "vision_block_";
  static final String VISION_MERGER = "vision_merger";
  static final String DEEPSTACK_MERGER = "deepstack_merger_";
  static final String TEXT_EMBEDDING = "text_embedding";
  static final String TEXT_LAYER = "text_layer_";

  private final ModelConfig config;
  private final SequencedMap<String, List<String>> prefixes = new LinkedHashMap<>();
  private final Map<String, Integer> indexes = new LinkedHashMap<>();

  /** The segments of a configuration's network. */
  public Segmentation(ModelConfig config) {
    this.config = config;
    add(VISION_EMBEDDING, VISUAL + "patch_embed.", VISUAL + "pos_embed.");
    for (int block = 0; block < config.vision().depth(); block++) {
      add(VISION_BLOCK + block, VISUAL + "blocks." + block + ".");
    }
    add(VISION_MERGER, VISUAL + "merger.");
    for (int index = 0; index < deepstackBlocks(config.vision()).size(); index++) {
      add(DEEPSTACK_MERGER + index, VISUAL + "deepstack_merger_list." + index + ".");
    }
    add(TEXT_EMBEDDING, VisionLanguageModel.EMBEDDING);
    for (int layer = 0; layer < config.text().layers(); layer++) {
      add(TEXT_LAYER + layer, LANGUAGE + "layers." + layer + ".");
    }
    add(HEAD, LANGUAGE + "norm.", ModelLayout.HEAD + ".");
  }

  private void add(String name, String... parameters) {
    indexes.put(name, indexes.size());
    prefixes.put(name, List.of(parameters));
  }

  /** The vision blocks whose outputs DeepStack merges, in the order of its mergers. */
  static List<Integer> deepstackBlocks(VisionConfig vision) {
    return switch (vision) {
      case Qwen25VisionConfig _ -> List.of();
      case Qwen3VisionConfig qwen3 -> qwen3.deepstackVisualIndexes();
    };
  }

  /** The segments' names in order. */
  public List<String> names() {
    return List.copyOf(prefixes.keySet());
  }

  /** The place of a segment. */
  public int indexOf(String name) {
    Integer index = indexes.get(name);
    if (index == null) {
      throw new IllegalArgumentException("the model has no segment " + name);
    }
    return index;
  }

  /**
   * The segment a parameter belongs to.
   *
   * @param parameter name in the model's layout, or one that begins with a layer's name
   */
  public int owner(String parameter) {
    for (Map.Entry<String, List<String>> segment : prefixes.entrySet()) {
      if (segment.getValue().stream().anyMatch(parameter::startsWith)) {
        return indexOf(segment.getKey());
      }
    }
    throw new IllegalArgumentException("no segment has a parameter " + parameter);
  }

  /** Whether a segment takes part only in passes that have pictures. */
  public boolean needsPictures(int segment) {
    return segment < indexOf(TEXT_EMBEDDING);
  }

  /** Whether the head reads a parameter of another segment: the embedding table, if it is tied. */
  public boolean isTied(String parameter) {
    return config.tieWordEmbeddings() && parameter.equals(VisionLanguageModel.EMBEDDING);
  }
}
