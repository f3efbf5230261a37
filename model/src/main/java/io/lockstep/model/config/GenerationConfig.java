package io.lockstep.model.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code generation_config.json} says about ends, padding and sampling.
 *
 * @param eosTokenIds any of these ends an answer; at least one
 * @param padTokenId fills rows of a batch that are shorter than the longest
 * @param sampling how the makers of the checkpoint recommend to sample; used only where it is asked
 *     for
 */
public record GenerationConfig(
    List<Integer> eosTokenIds, int padTokenId, SamplingDefaults sampling) {

  public GenerationConfig {
    eosTokenIds = eosTokenIds.stream().distinct().toList();
  }

  /** Ends and padding of a checkpoint that recommends no sampling. */
  public GenerationConfig(List<Integer> eosTokenIds, int padTokenId) {
    this(eosTokenIds, padTokenId, SamplingDefaults.GREEDY);
  }

  /**
   * Reads {@code generation_config.json}.
   *
   * @throws InvalidConfigException naming every problem
   */
  public static GenerationConfig read(Path file) throws IOException {
    StrictJson json = StrictJson.read(file);
    json.inert("_from_model_config", "transformers_version", "use_cache", "bos_token_id");
    json.inert("output_attentions", "output_hidden_states", "return_dict", "return_legacy_cache");
    json.inert("attn_implementation", "trust_remote_code", "use_sliding_window");
    // A request says how many tokens it wants; a limit on prompt and answer together is of no use.
    json.inert("max_length", "max_new_tokens");
    List<Integer> eos = json.integerOrIntegers("eos_token_id");
    if (json.has("eos_token_id") && eos.isEmpty()) {
      json.problem("eos_token_id", "must name at least one token");
    }
    GenerationConfig config =
        new GenerationConfig(eos, json.integer("pad_token_id", 0), SamplingDefaults.read(json));
    json.finish();
    return config;
  }

  /** Writes {@code generation_config.json}, replacing {@code file}. */
  public void write(Path file) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    sampling.write(root);
    ArrayNode eos = root.putArray("eos_token_id");
    eosTokenIds.forEach(eos::add);
    root.put("pad_token_id", padTokenId);
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    Files.writeString(file, json + "\n", StandardCharsets.UTF_8);
  }
}
