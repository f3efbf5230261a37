package io.lockstep.model.align.certificate;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.file.Sha256;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.ConversationJson;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.image.Grid;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads a certificate; everything it names lies in its checkpoint's folder and is bounded. */
final class CertificateReader {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
  private static final long MAX_JSON_BYTES = 16L << 20;
  private static final long MAX_VALUES_BYTES = 256L << 20;
  private static final Pattern PICTURE =
      Pattern.compile(Certificate.FOLDER + "/([0-9a-f]{64})(\\.[a-z0-9]{1,5})?");
  private static final int GRID_AXES = 3;

  private final Path folder;
  private final Path file;

  private CertificateReader(Path folder) {
    this.folder = folder;
    this.file = folder.resolve(Certificate.FILE_NAME);
  }

  /**
   * Reads the certificate of a checkpoint.
   *
   * @throws InvalidCertificateException if it is missing or not as it must be
   */
  static Certificate read(Path folder) throws IOException {
    return new CertificateReader(folder).read();
  }

  private Certificate read() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw problem(
          "is missing: the checkpoint has no alignment certificate"
              + Uncertified.reason(folder)
                  .map(why -> ", which could not be written: " + why)
                  .orElse(""));
    }
    if (Files.size(file) > MAX_JSON_BYTES) {
      throw problem("is larger than " + MAX_JSON_BYTES + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw problem("is not JSON: " + e.getOriginalMessage());
    }
    int schema = root.path("schema").asInt(0);
    if (schema != Certificate.SCHEMA && schema != Certificate.WITHOUT_CONDITIONING) {
      throw problem(
          "has schema %s; this version reads schemas %d and %d"
              .formatted(
                  root.path("schema"), Certificate.WITHOUT_CONDITIONING, Certificate.SCHEMA));
    }
    JsonNode probes = list(root, "probes");
    if (probes.isEmpty() || probes.size() > Certificate.MAX_PROBES) {
      throw problem("has %d probes, not 1 to %d".formatted(probes.size(), Certificate.MAX_PROBES));
    }
    requireValues(text(root, "values_sha256"));
    List<Certificate.Entry> entries = new ArrayList<>();
    try (SafetensorsFile values = SafetensorsFile.open(folder.resolve(Certificate.VALUES))) {
      for (JsonNode probe : probes) {
        entries.add(entry(schema, entries.size(), probe, values));
      }
    }
    return new Certificate(
        text(root, "dtype"),
        text(root, "computed_with"),
        attention(root.path(CertificateJson.ATTENTION)),
        text(root, "model_type"),
        text(root, "weights_sha256"),
        settings(root.path("settings")),
        digests(root.path("batch")),
        entries);
  }

  private void requireValues(String sha256) throws IOException {
    Path values = folder.resolve(Certificate.VALUES);
    if (!Files.isRegularFile(values) || Files.size(values) > MAX_VALUES_BYTES) {
      throw problem(
          "needs %s, which is missing or larger than %d bytes"
              .formatted(Certificate.VALUES, MAX_VALUES_BYTES));
    }
    if (!Sha256.of(values).equals(sha256)) {
      throw problem(
          "was written with other values than %s holds: its content has another digest"
              .formatted(Certificate.VALUES));
    }
  }

  private SequencedMap<String, String> attention(JsonNode node) throws IOException {
    SequencedMap<String, String> kernels = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> place : node.properties()) {
      if (!place.getValue().isTextual()) {
        throw problem("has an \"attention\" whose " + place.getKey() + " is no text");
      }
      kernels.put(place.getKey(), place.getValue().asText());
    }
    return kernels;
  }

  private Settings settings(JsonNode node) throws IOException {
    if (!node.isObject()) {
      throw problem("lacks the object \"settings\"");
    }
    return Settings.of(node);
  }

  private Certificate.Entry entry(int schema, int row, JsonNode node, SafetensorsFile file)
      throws IOException {
    String where = "probes[" + row + "]";
    Conversation conversation =
        ConversationJson.read(
            this.file + ": " + where + ".messages", node.path("messages"), this::picture);
    int[] tokens = numbers(node, "tokens").stream().mapToInt(Integer::intValue).toArray();
    int promptTokens = node.path("prompt_tokens").asInt(0);
    if (promptTokens < 1 || promptTokens >= tokens.length) {
      throw problem(
          where
              + ".prompt_tokens is %d with %d tokens in all"
                  .formatted(promptTokens, tokens.length));
    }
    Selection selection =
        new Selection(
            numbers(node, "positions"), numbers(node, "patches"), numbers(node, "merged"));
    if (selection.positions().isEmpty()
        || selection.positions().stream().anyMatch(t -> t < 0 || t >= tokens.length - 1)) {
      throw problem(where + ".positions are not positions of its tokens");
    }
    List<Grid> grids = grids(where, node);
    int patches = grids.stream().mapToInt(Grid::patches).sum();
    if (Stream.of(selection.patches(), selection.merged())
        .flatMap(List::stream)
        .anyMatch(patch -> patch < 0 || patch >= patches)) {
      throw problem(where + " selects patches that its pictures have not");
    }
    ProbeValues values = values(row, node, file);
    try {
      return new Certificate.Entry(
          new Probe(this.file + ": " + where, task(where, node), conversation),
          tokens,
          labels(where, tokens, node),
          promptTokens,
          grids,
          digests(node.path("inputs")),
          selection,
          values,
          schema == Certificate.WITHOUT_CONDITIONING ? null : conditioning(row, values, file));
    } catch (IllegalArgumentException e) {
      throw problem(String.valueOf(e.getMessage()));
    }
  }

  private Probe.Task task(String where, JsonNode node) throws IOException {
    return Stream.of(Probe.Task.values())
        .filter(task -> task.name().toLowerCase(Locale.ROOT).equals(node.path("task").asText()))
        .findFirst()
        .orElseThrow(() -> problem(where + ".task is unknown: " + node.path("task")));
  }

  private int[] labels(String where, int[] tokens, JsonNode node) throws IOException {
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, Sample.IGNORED);
    for (JsonNode run : list(node, "supervised")) {
      int first = run.path(0).asInt(-1);
      int end = run.path(1).asInt(-1);
      if (first < 0 || end <= first || end > tokens.length) {
        throw problem(where + ".supervised holds " + run + ", which is no range of its tokens");
      }
      System.arraycopy(tokens, first, labels, first, end - first);
    }
    return labels;
  }

  private List<Grid> grids(String where, JsonNode node) throws IOException {
    List<Grid> grids = new ArrayList<>();
    for (JsonNode grid : list(node, "image_grid_thw")) {
      if (grid.size() != GRID_AXES) {
        throw problem(where + ".image_grid_thw needs three numbers a picture");
      }
      grids.add(new Grid(grid.get(0).asInt(), grid.get(1).asInt(), grid.get(2).asInt()));
    }
    return grids;
  }

  private ProbeValues values(int row, JsonNode node, SafetensorsFile file) throws IOException {
    String prefix = CertificateWriter.valuePrefix(row);
    String logits = prefix + CertificateWriter.LOGITS;
    if (!file.contains(logits)) {
      throw problem("has no tensor " + logits + " in " + Certificate.VALUES);
    }
    SequencedMap<String, Floats> layers = new LinkedHashMap<>();
    for (String name : file.names()) {
      if (name.startsWith(prefix) && !name.equals(logits)) {
        layers.put(name.substring(prefix.length()), floats(file, name));
      }
    }
    if (!node.path("loss").isNumber()) {
      throw problem("lacks the loss of probe " + row);
    }
    return new ProbeValues(layers, floats(file, logits), node.path("loss").asDouble());
  }

  private ProbeConditioning conditioning(int row, ProbeValues values, SafetensorsFile file)
      throws IOException {
    String prefix = CertificateWriter.conditioningPrefix(row);
    SequencedMap<String, float[]> layers = new LinkedHashMap<>();
    for (Map.Entry<String, Floats> layer : values.layers().entrySet()) {
      layers.put(layer.getKey(), moved(file, prefix + layer.getKey(), layer.getValue()));
    }
    return new ProbeConditioning(
        layers, moved(file, prefix + CertificateWriter.LOGITS, values.logits()));
  }

  /** A number for each row of a tensor. */
  private float[] moved(SafetensorsFile file, String name, Floats rows) throws IOException {
    List<Long> shape = List.of(rows.shape().getFirst());
    if (!file.contains(name) || !file.info(name).shape().equals(shape)) {
      throw problem(
          "needs a tensor %s of shape %s in %s".formatted(name, shape, Certificate.VALUES));
    }
    return floats(file, name).data().floats().toArray();
  }

  /** The tensor's values, copied: the file is closed before they are compared. */
  private Floats floats(SafetensorsFile file, String name) throws IOException {
    TensorInfo info = file.info(name);
    if (info.dtype() != DType.F32) {
      throw problem("holds tensor " + name + " as " + info.dtype() + ", not as F32");
    }
    return new Floats(info.shape(), Buffer.onHost(file.buffer(name).floats().toArray()));
  }

  private ImageSource picture(String name) throws IOException {
    Matcher matcher = PICTURE.matcher(name);
    if (!matcher.matches()) {
      throw problem("names the picture " + name + ", which is none of its own");
    }
    Path picture = folder.resolve(name);
    if (!Files.isRegularFile(picture) || Files.size(picture) > Certificate.MAX_PICTURE_BYTES) {
      throw problem(
          "names the picture %s, which is missing or larger than %d bytes"
              .formatted(name, Certificate.MAX_PICTURE_BYTES));
    }
    if (!Sha256.of(picture).equals(matcher.group(1))) {
      throw problem("names the picture " + name + ", whose content has another digest");
    }
    return new ImageSource.File(picture);
  }

  private InputDigests digests(JsonNode node) throws IOException {
    return new InputDigests(
        node.path("length").asInt(),
        text(node, "input_ids_sha256"),
        text(node, "attention_mask_sha256"),
        text(node, "labels_sha256"),
        text(node, "position_ids_sha256"),
        text(node, "pixel_values_sha256"),
        text(node, "kept_tokens_sha256"));
  }

  private String text(JsonNode node, String key) throws IOException {
    if (!node.path(key).isTextual()) {
      throw problem("lacks the text \"" + key + "\"");
    }
    return node.path(key).textValue();
  }

  private JsonNode list(JsonNode node, String key) throws IOException {
    if (!node.path(key).isArray()) {
      throw problem("lacks the list \"" + key + "\"");
    }
    return node.path(key);
  }

  private List<Integer> numbers(JsonNode node, String key) throws IOException {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode number : list(node, key)) {
      if (!number.isInt()) {
        throw problem("holds " + number + " in \"" + key + "\", which takes whole numbers");
      }
      numbers.add(number.intValue());
    }
    return numbers;
  }

  private InvalidCertificateException problem(String problem) {
    return new InvalidCertificateException(file, problem);
  }
}
