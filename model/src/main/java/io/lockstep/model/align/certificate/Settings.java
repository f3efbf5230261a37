package io.lockstep.model.align.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.Sha256;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.Comparison.Verdict;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.detection.DetectionFile;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What decides how any input becomes numbers, whether the probes happen to show it or not: a limit
 * on large pictures, a token that no probe uses, a window that no probe fills.
 *
 * @param files what counts of each file that accompanies the weights, by the file's name
 */
record Settings(SequencedMap<String, JsonNode> files) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> WHOLE =
      List.of(
          "config.json",
          DetectionFile.FILE_NAME,
          "preprocessor_config.json",
          "processor_config.json",
          "tokenizer_config.json");
  private static final String TOKENIZER = "tokenizer.json";
  private static final String GENERATION = "generation_config.json";
  private static final int EXCERPT = 60;

  private static final String ENDS = "eos_token_id";

  /** Recommended sampling may change: it says nothing of what the model computes. */
  private static final List<String> OF_GENERATION = List.of(ENDS, "pad_token_id");

  Settings {
    files = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(files));
  }

  /** Those in force for a loaded model. */
  static Settings of(LoadedModel model) throws IOException {
    return of(model, model.folder());
  }

  /**
   * Those that a checkpoint of a loaded model has: of the files that were saved with it, which
   * declare the type of their own weights, or of the model's where an adapter was saved alone.
   */
  static Settings ofSaved(Path checkpoint, LoadedModel model) throws IOException {
    return of(model, Files.exists(checkpoint.resolve(TOKENIZER)) ? checkpoint : model.folder());
  }

  private static Settings of(LoadedModel model, Path folder) throws IOException {
    SequencedMap<String, JsonNode> files = new LinkedHashMap<>();
    for (String name : WHOLE) {
      if (Files.exists(folder.resolve(name))) {
        files.put(name, read(folder.resolve(name)));
      }
    }
    if (!model.pictures().equals(ImageOptions.of(folder))) {
      // An adapter's own, beside its tensors.
      files.remove(ImageOptions.PROCESSOR_FILE_NAME);
      files.put(ImageOptions.FILE_NAME, model.pictures().json());
    }
    ObjectNode generation = JSON.createObjectNode();
    JsonNode all =
        Files.exists(folder.resolve(GENERATION))
            ? read(folder.resolve(GENERATION))
            : JSON.createObjectNode();
    OF_GENERATION.stream().filter(all::has).forEach(key -> generation.set(key, all.get(key)));
    files.put(GENERATION, generation);
    files.put(
        TOKENIZER, JSON.createObjectNode().put("sha256", Sha256.of(folder.resolve(TOKENIZER))));
    files.put(
        "vision.json", JSON.createObjectNode().put("token_budget", model.tokenBudget().share()));
    return new Settings(files).endingAt(model);
  }

  /**
   * The same where the end of the chat template's messages is named among the ends: it is one
   * whether a file says so or not, and a checkpoint is written with it.
   */
  Settings endingAt(LoadedModel model) {
    if (!(files.get(GENERATION) instanceof ObjectNode generation)) {
      return this;
    }
    JsonNode named = generation.path(ENDS);
    ArrayNode ends = JSON.createArrayNode();
    if (named.isArray()) {
      named.forEach(ends::add);
    } else if (!named.isMissingNode()) {
      ends.add(named);
    }
    JsonNode end = IntNode.valueOf(model.tokenizer().specialId(SpecialTokens.IM_END));
    for (JsonNode each : ends) {
      if (each.equals(end)) {
        return this;
      }
    }
    SequencedMap<String, JsonNode> all = new LinkedHashMap<>(files);
    all.put(GENERATION, generation.deepCopy().set(ENDS, ends.add(end)));
    return new Settings(all);
  }

  private static JsonNode read(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }

  /** As one tree, from which {@link #of(JsonNode)} reads them. */
  ObjectNode json() {
    ObjectNode root = JSON.createObjectNode();
    files.forEach(root::set);
    return root;
  }

  static Settings of(JsonNode root) {
    SequencedMap<String, JsonNode> files = new LinkedHashMap<>();
    root.properties().forEach(file -> files.put(file.getKey(), file.getValue()));
    return new Settings(files);
  }

  /** Compares other settings with these, file by file. */
  List<Comparison> compare(Settings actual) {
    List<Comparison> comparisons = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(files.keySet());
    names.addAll(actual.files.keySet());
    for (String name : names) {
      String difference = difference("", files.get(name), actual.files.get(name));
      comparisons.add(
          new Comparison(
              name,
              Kind.INPUT,
              List.of(),
              difference == null ? 0 : Double.POSITIVE_INFINITY,
              0,
              "exact",
              difference == null ? Verdict.IDENTICAL : Verdict.DIFFERS,
              difference == null ? "" : difference));
    }
    return comparisons;
  }

  /** The first difference of two trees in words; null if there is none. */
  private static @Nullable String difference(
      String at, @Nullable JsonNode reference, @Nullable JsonNode actual) {
    if (Objects.equals(reference, actual)) {
      return null;
    }
    if (reference == null) {
      return at + " was not there in training";
    }
    if (actual == null) {
      return at + " is missing";
    }
    if (reference.isArray() && actual.isArray() && reference.size() == actual.size()) {
      Iterator<JsonNode> others = actual.iterator();
      int index = 0;
      for (JsonNode element : reference) {
        String found = difference(at + "[" + index++ + "]", element, others.next());
        if (found != null) {
          return found;
        }
      }
    }
    if (reference.isObject() && actual.isObject()) {
      TreeSet<String> keys = new TreeSet<>();
      reference.fieldNames().forEachRemaining(keys::add);
      actual.fieldNames().forEachRemaining(keys::add);
      for (String key : keys) {
        String path = at.isEmpty() ? key : at + "." + key;
        String found = difference(path, reference.get(key), actual.get(key));
        if (found != null) {
          return found;
        }
      }
    }
    return "%s is %s, not %s".formatted(at, excerpt(actual), excerpt(reference)).strip();
  }

  private static String excerpt(JsonNode node) {
    String text = node.toString();
    return text.length() <= EXCERPT ? text : text.substring(0, EXCERPT) + "...";
  }
}
