package io.lockstep.model.align.reference;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.text.UsableText;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.ConversationJson;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Writes what a model computes as a reference folder; it appears whole or not at all. */
public final class ReferenceDump {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final LoadedModel model;
  private final Options options;
  private final Path folder;
  private final Map<ImageSource, String> pictures = new LinkedHashMap<>();

  /**
   * What is written besides the forward pass.
   *
   * @param gradients whether to write the gradient of every parameter
   * @param newTokens tokens to generate greedily after each prompt; 0 for none
   */
  public record Options(boolean gradients, int newTokens) {

    /** Refuses a negative number of tokens. */
    public Options {
      if (newTokens < 0) {
        throw new IllegalArgumentException("new tokens must be 0 or more, not " + newTokens);
      }
    }
  }

  private ReferenceDump(LoadedModel model, Options options, Path folder) {
    this.model = model;
    this.options = options;
    this.folder = folder;
  }

  /**
   * Writes a folder that must not exist yet.
   *
   * @param conversations the rows of the batch; each ends with the assistant
   */
  public static void write(
      LoadedModel model, List<Conversation> conversations, Path out, Options options)
      throws IOException {
    if (Files.exists(out)) {
      throw new FileAlreadyExistsException(out.toString());
    }
    Path target = out.toAbsolutePath();
    Path partial = target.resolveSibling("." + target.getFileName() + ".partial");
    Files.createDirectories(target.getParent());
    Files.createDirectory(partial);
    try {
      new ReferenceDump(model, options, partial).write(conversations);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      delete(partial);
      throw e;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private void write(List<Conversation> conversations) throws IOException {
    List<ReferenceCase> cases =
        conversations.stream().map(all -> new ReferenceCase(all, null, null, null)).toList();
    List<Sample> samples = new ArrayList<>();
    for (ReferenceCase example : cases) {
      samples.add(
          model.encoder().forTraining("conversations[" + samples.size() + "]", example.answered()));
    }
    Batch batch = model.collator().collate(samples);
    cases(cases, samples, batch);
    ModelPass pass = new ModelPass(model, batch);
    try (Scope scope = Scope.open()) {
      forward(batch, pass.forward(scope));
    }
    if (options.gradients()) {
      try (Scope scope = Scope.open()) {
        tensors(ReferenceNames.GRADIENTS, pass.gradients(scope), new LinkedHashMap<>());
      }
    }
  }

  private void cases(List<ReferenceCase> cases, List<Sample> samples, Batch batch)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode conversations = root.putArray(ReferenceNames.CONVERSATIONS);
    for (int i = 0; i < cases.size(); i++) {
      Conversation prompt = cases.get(i).prompt();
      int promptTokens = model.encoder().prompt("prompt", prompt).tokens().length;
      ObjectNode node = conversations.addObject();
      node.set("messages", ConversationJson.write(cases.get(i).answered(), this::picture));
      node.put("prompt_text", model.encoder().promptText(prompt))
          .put("prompt_tokens", promptTokens)
          .put("answer_tokens", samples.get(i).tokens().length - promptTokens);
    }
    ArrayNode grids = root.putArray(ReferenceNames.GRIDS);
    batch.grids().forEach(grid -> grids.addArray().add(grid.t()).add(grid.h()).add(grid.w()));
    if (options.newTokens() > 0) {
      generations(cases, root.putArray(ReferenceNames.GENERATE));
    }
    FileWrites.text(
        folder.resolve(ReferenceNames.CASES),
        UsableText.encodableJson(JSON.writeValueAsString(root)) + "\n");
  }

  /** Copies a picture into the folder and returns its name there. */
  private String picture(ImageSource source) throws IOException {
    String known = pictures.get(source);
    if (known != null) {
      return known;
    }
    String original = source.name().replace('\\', '/');
    String name =
        "%03d-%s".formatted(pictures.size(), original.substring(original.lastIndexOf('/') + 1));
    Path target = Files.createDirectories(folder.resolve(ReferenceNames.IMAGES)).resolve(name);
    switch (source) {
      case ImageSource.File(Path path) -> FileWrites.copy(path, target);
      case ImageSource.Bytes(String ignored, byte[] content) -> FileWrites.bytes(target, content);
    }
    pictures.put(source, name);
    return name;
  }

  /** All conversations as one batch, then each alone. */
  private void generations(List<ReferenceCase> cases, ArrayNode list) throws IOException {
    List<Integer> all = IntStream.range(0, cases.size()).boxed().toList();
    generation(cases, all, list.addObject());
    for (int index : cases.size() == 1 ? List.<Integer>of() : all) {
      generation(cases, List.of(index), list.addObject());
    }
  }

  private void generation(List<ReferenceCase> cases, List<Integer> rows, ObjectNode node)
      throws IOException {
    List<Conversation> prompts = rows.stream().map(row -> cases.get(row).prompt()).toList();
    List<Generation> answers =
        model.generator().generate(prompts, GenerationOptions.cached(options.newTokens()));
    ArrayNode conversations = node.putArray(ReferenceNames.CONVERSATIONS);
    rows.forEach(conversations::add);
    ArrayNode tokens = node.putArray("new_tokens");
    for (Generation answer : answers) {
      ArrayNode row = tokens.addArray();
      answer.tokens().forEach(row::add);
    }
  }

  private void forward(Batch batch, SequencedMap<String, Floats> computed) throws IOException {
    long rows = batch.rows();
    long length = batch.length();
    SequencedMap<TensorInfo, long[]> inputs = new LinkedHashMap<>();
    inputs.put(TensorInfo.of(ReferenceNames.INPUT_IDS, DType.I64, rows, length), batch.ids());
    inputs.put(
        TensorInfo.of(ReferenceNames.ATTENTION_MASK, DType.I64, rows, length),
        batch.attentionMask());
    inputs.put(TensorInfo.of(ReferenceNames.LABELS, DType.I64, rows, length), batch.labels());
    inputs.put(
        TensorInfo.of(ReferenceNames.POSITION_IDS, DType.I64, 3, rows, length),
        batch.positionIds());
    SequencedMap<String, Floats> floats = new LinkedHashMap<>(computed);
    if (batch.patches() > 0) {
      inputs.put(
          TensorInfo.of(ReferenceNames.GRIDS, DType.I64, batch.grids().size(), 3),
          ReferenceCheck.grids(batch));
      floats.put(
          ReferenceNames.PIXEL_VALUES,
          Floats.of(batch.pixels(), batch.patches(), batch.pixels().length / batch.patches()));
    }
    tensors(ReferenceNames.FORWARD, floats, inputs);
  }

  private void tensors(
      String file, SequencedMap<String, Floats> floats, SequencedMap<TensorInfo, long[]> longs)
      throws IOException {
    List<TensorInfo> infos = new ArrayList<>(longs.keySet());
    floats.forEach((name, tensor) -> infos.add(new TensorInfo(name, DType.F32, tensor.shape())));
    try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(file), infos)) {
      for (Map.Entry<TensorInfo, long[]> entry : longs.entrySet()) {
        ByteBuffer bytes =
            ByteBuffer.allocate(Math.multiplyExact(entry.getValue().length, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(entry.getValue());
        writer.write(entry.getKey().name(), bytes);
      }
      for (Map.Entry<String, Floats> entry : floats.entrySet()) {
        writer.write(entry.getKey(), entry.getValue().data());
      }
      writer.commit();
    }
  }
}
