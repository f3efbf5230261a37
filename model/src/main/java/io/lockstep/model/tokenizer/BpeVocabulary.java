package io.lockstep.model.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A trained byte-level BPE vocabulary.
 *
 * @param tokens by id, in byte-level characters; special tokens follow them
 * @param merges in order
 * @param specialTokens their ids follow those of {@code tokens}
 */
public record BpeVocabulary(
    List<String> tokens, List<BpeMerge> merges, List<String> specialTokens) {

  private static final String CONFIG_FILE = "tokenizer_config.json";
  private static final String BYTE_LEVEL = "ByteLevel";

  public BpeVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
    specialTokens = List.copyOf(specialTokens);
  }

  /** Number of ids, special tokens included. */
  public int size() {
    return tokens.size() + specialTokens.size();
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json} in the public layout.
   *
   * @param maxLength the longest sequence of the model, in tokens
   */
  public void write(Path folder, int maxLength) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    var printer = mapper.writerWithDefaultPrettyPrinter();
    FileWrites.text(
        folder.resolve(Tokenizer.FILE), printer.writeValueAsString(tokenizerJson()) + "\n");
    FileWrites.text(
        folder.resolve(CONFIG_FILE), printer.writeValueAsString(configJson(maxLength)) + "\n");
  }

  private ObjectNode tokenizerJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int i = 0; i < specialTokens.size(); i++) {
      ObjectNode token = added.addObject();
      token.put("id", tokens.size() + i);
      token.put("content", specialTokens.get(i));
      token.put("single_word", false);
      token.put("lstrip", false);
      token.put("rstrip", false);
      token.put("normalized", false);
      token.put("special", true);
    }
    root.putObject("normalizer").put("type", "NFC");
    preTokenizer(root.putObject("pre_tokenizer"));
    byteLevel(root.putObject("post_processor"));
    byteLevel(root.putObject("decoder"));
    model(root.putObject("model"));
    return root;
  }

  private static void preTokenizer(ObjectNode node) {
    node.put("type", "Sequence");
    ArrayNode steps = node.putArray("pretokenizers");
    ObjectNode split = steps.addObject();
    split.put("type", "Split");
    split.putObject("pattern").put("Regex", PreTokenizer.REGEX);
    split.put("behavior", "Isolated");
    split.put("invert", false);
    byteLevel(steps.addObject());
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", BYTE_LEVEL);
    node.put("add_prefix_space", false);
    node.put("trim_offsets", false);
    node.put("use_regex", false);
  }

  private void model(ObjectNode node) {
    node.put("type", "BPE");
    node.putNull("dropout");
    node.putNull("unk_token");
    node.put("continuing_subword_prefix", "");
    node.put("end_of_word_suffix", "");
    node.put("fuse_unk", false);
    node.put("byte_fallback", false);
    node.put("ignore_merges", false);
    ObjectNode vocabulary = node.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    ArrayNode list = node.putArray("merges");
    for (BpeMerge merge : merges) {
      list.addArray().add(merge.left()).add(merge.right());
    }
  }

  private ObjectNode configJson(int maxLength) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("tokenizer_class", "PreTrainedTokenizerFast");
    root.put("eos_token", SpecialTokens.IM_END);
    root.put("pad_token", SpecialTokens.END_OF_TEXT);
    ArrayNode special = root.putArray("extra_special_tokens");
    specialTokens.forEach(special::add);
    root.put("model_max_length", maxLength);
    root.put("padding_side", "left");
    root.put("clean_up_tokenization_spaces", false);
    return root;
  }
}
