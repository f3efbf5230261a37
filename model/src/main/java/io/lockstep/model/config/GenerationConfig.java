package io.lockstep.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

  /** Its name in a model's folder. */
  public static final String FILE_NAME = "generation_config.json";

  private static final String MODEL_FILE_NAME = "config.json";
  private static final String EOS = "eos_token_id";
  private static final String PAD = "pad_token_id";

  public GenerationConfig {
    eosTokenIds = eosTokenIds.stream().distinct().toList();
  }

  /** Ends and padding of a checkpoint that recommends no sampling. */
  public GenerationConfig(List<Integer> eosTokenIds, int padTokenId) {
    this(eosTokenIds, padTokenId, SamplingDefaults.GREEDY);
  }

  /**
   * Those of a model's folder: as {@code generation_config.json} says, or, where there is none, as
   * {@code config.json} does.
   *
   * @throws InvalidConfigException naming every problem
   */
  public static GenerationConfig of(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    return Files.isRegularFile(file) ? read(file) : ofModel(folder.resolve(MODEL_FILE_NAME));
  }

  /** As the public library makes it: from the model's keys, then from those of its text model. */
  private static GenerationConfig ofModel(Path configJson) throws IOException {
    StrictJson json = StrictJson.read(configJson, key -> true);
    StrictJson text = json.has("text_config") ? json.object("text_config") : json;
    StrictJson ofEos = json.has(EOS) ? json : text;
    StrictJson ofPad = json.has(PAD) ? json : text;
    if (!ofEos.has(EOS)) {
      throw new InvalidConfigException(
          configJson,
          List.of(
              "names no eos_token_id and %s is missing: write one, for example {\"eos_token_id\": 5}"
                  .formatted(FILE_NAME)));
    }
    List<Integer> eos = ends(ofEos);
    GenerationConfig config = new GenerationConfig(eos, padding(ofPad, eos));
    json.finish();
    return config;
  }

  private static List<Integer> ends(StrictJson json) {
    List<Integer> eos = json.integerOrIntegers(EOS);
    if (json.has(EOS) && eos.isEmpty()) {
      json.problem(EOS, "must name at least one token");
    }
    return eos;
  }

  /** Padding is never looked at; without a token of its own it is the first end, as in public. */
  private static int padding(StrictJson json, List<Integer> eos) {
    if (json.has(PAD)) {
      return json.integer(PAD, 0);
    }
    return eos.isEmpty() ? 0 : eos.getFirst();
  }

  /**
   * The same with one more end, such as that of the chat template, which ends every answer whatever
   * a base model's file says: training teaches it.
   */
  public GenerationConfig endingAt(int token) {
    List<Integer> ends = new ArrayList<>(eosTokenIds);
    ends.add(token);
    return new GenerationConfig(ends, padTokenId, sampling);
  }

  /**
   * Makes a file name all of these ends; whatever else it says stays as it is, and a file that says
   * so already is not touched. One that is missing is written.
   */
  public void declareEnds(Path file) throws IOException {
    if (!Files.exists(file)) {
      write(file);
      return;
    }
    ObjectMapper mapper = new ObjectMapper();
    if (!(mapper.readTree(Files.readAllBytes(file)) instanceof ObjectNode root)) {
      throw new InvalidConfigException(file, List.of("is no JSON object"));
    }
    JsonNode stored = root.path(EOS);
    Set<Integer> named = new HashSet<>();
    if (stored.isArray()) {
      stored.forEach(id -> named.add(id.intValue()));
    } else {
      named.add(stored.intValue());
    }
    if (!named.containsAll(eosTokenIds)) {
      root.set(EOS, mapper.valueToTree(eosTokenIds));
      String json = mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      FileWrites.text(file, json + "\n");
    }
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
    json.inert(
        "cache_implementation", "disable_compile", "output_scores", "return_dict_in_generate");
    json.inert("attn_implementation", "trust_remote_code", "use_sliding_window");
    // A request says how many tokens it wants; a limit on prompt and answer together is of no use.
    json.inert("max_length", "max_new_tokens");
    List<Integer> eos = ends(json);
    GenerationConfig config =
        new GenerationConfig(eos, padding(json, eos), SamplingDefaults.read(json));
    json.finish();
    return config;
  }

  /** Writes {@code generation_config.json}, replacing {@code file}. */
  public void write(Path file) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    sampling.write(root);
    ArrayNode eos = root.putArray(EOS);
    eosTokenIds.forEach(eos::add);
    root.put(PAD, padTokenId);
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    FileWrites.text(file, json + "\n");
  }
}
