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
 * What {@code generation_config.json} says about ends and padding; decoding is greedy, so its
 * sampling options are not used.
 *
 * @param eosTokenIds any of these ends an answer; at least one
 * @param padTokenId fills rows of a batch that are shorter than the longest
 */
public record GenerationConfig(List<Integer> eosTokenIds, int padTokenId) {

  public GenerationConfig {
    eosTokenIds = List.copyOf(eosTokenIds);
  }

  /**
   * Reads {@code generation_config.json}.
   *
   * @throws InvalidConfigException naming every problem
   */
  public static GenerationConfig read(Path file) throws IOException {
    StrictJson json = StrictJson.read(file);
    json.inert("_from_model_config", "transformers_version", "use_cache", "bos_token_id");
    json.inert("do_sample", "temperature", "top_p", "top_k");
    json.inert("output_attentions", "output_hidden_states");
    json.onlyIfPresent("repetition_penalty", 1.0);
    List<Integer> eos = json.integerOrIntegers("eos_token_id");
    if (json.has("eos_token_id") && eos.isEmpty()) {
      json.problem("eos_token_id", "must name at least one token");
    }
    GenerationConfig config = new GenerationConfig(eos, json.integer("pad_token_id", 0));
    json.finish();
    return config;
  }

  /** Writes {@code generation_config.json}, replacing {@code file}. */
  public void write(Path file) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("do_sample", false);
    ArrayNode eos = root.putArray("eos_token_id");
    eosTokenIds.forEach(eos::add);
    root.put("pad_token_id", padTokenId);
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    Files.writeString(file, json + "\n", StandardCharsets.UTF_8);
  }
}
