package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.GenerationResult;
import io.lockstep.model.generate.Generator;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedModelTest {

  private static final Path GOLDEN = Goldens.path("qwen3_vl/checkpoint");
  private static final int ROWS = 32;
  private static final String WEIGHTS = "model.safetensors";
  private static final String NORM = "model.language_model.norm.weight";
  private static final String EMBEDDING = "model.language_model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  @TempDir Path temporary;
  private Path folder = Path.of("");

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void copyCheckpoint() throws IOException {
    folder = Files.createDirectory(temporary.resolve("checkpoint"));
    try (var files = Files.list(GOLDEN)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void whatIsSavedOpensWithTheSameBitsAndDigest() throws IOException {
    Path copy = Files.createDirectory(temporary.resolve("copy"));
    try (LoadedModel model = LoadedModel.open(folder)) {
      List<String> names = model.save(copy);
      try (var files = Files.list(copy)) {
        assertEquals(
            names.stream().sorted().toList(),
            files.map(file -> file.getFileName().toString()).sorted().toList());
      }
      try (LoadedModel reopened = LoadedModel.open(copy)) {
        assertArrayEquals(flat(model), flat(reopened));
      }
    }
    assertEquals(LoadedModel.storedSha256(folder), LoadedModel.storedSha256(copy));
  }

  @Test
  void oneChangedValueChangesTheDigest() throws IOException {
    Path copy = Files.createDirectory(temporary.resolve("copy"));
    try (LoadedModel model = LoadedModel.open(folder)) {
      MemorySegment norm = Buffer.of(model.parameters().get(NORM)).hostBytes();
      float value = norm.getAtIndex(ValueLayout.JAVA_FLOAT, 5);
      norm.setAtIndex(ValueLayout.JAVA_FLOAT, 5, Math.nextUp(value));
      model.save(copy);
    }
    assertFalse(LoadedModel.storedSha256(folder).equals(LoadedModel.storedSha256(copy)));
  }

  @Test
  void theTemplatesEndEndsAnswersAndIsWrittenWhateverTheBaseModelSays() throws IOException {
    Path generation = folder.resolve("generation_config.json");
    Files.writeString(
        generation,
        """
        {"eos_token_id": 685, "pad_token_id": 685, "do_sample": true, "top_k": 20,
         "transformers_version": "4.57.1"}
        """);
    Path copy = Files.createDirectory(temporary.resolve("copy"));
    try (LoadedModel model = LoadedModel.open(folder)) {
      assertEquals(List.of(685, 684), model.generationConfig().eosTokenIds());
      model.save(copy);
      Generator endless =
          new Generator(
              model.network(), model.encoder(), model.collator(), model.tokenizer(), List.of(685));
      List<GenerationResult> unended =
          endless.answer(drawn(), Profile.CACHED, GenerationListener.NONE);
      List<GenerationResult> ended =
          model.generator().answer(drawn(), Profile.CACHED, GenerationListener.NONE);
      int found = 0;
      for (int row = 0; row < ROWS; row++) {
        if (unended.get(row) instanceof Generation whole && whole.tokens().indexOf(684) > 0) {
          int end = whole.tokens().indexOf(684);
          Generation answer = assertInstanceOf(Generation.class, ended.get(row));
          assertEquals(whole.tokens().subList(0, end), answer.tokens());
          assertTrue(answer.endedByEos());
          found++;
        }
      }
      assertTrue(found > 0, "no row has drawn the end");
    }
    assertEquals(
        new ObjectMapper()
            .readTree(
                """
                {"eos_token_id": [685, 684], "pad_token_id": 685, "do_sample": true, "top_k": 20,
                 "transformers_version": "4.57.1"}
                """),
        new ObjectMapper().readTree(copy.resolve("generation_config.json").toFile()));
  }

  /** Answers that are drawn nearly evenly from the vocabulary, each by a seed of its own. */
  private static List<GenerationRequest> drawn() {
    Conversation asked = new Conversation(List.of(Message.text(Role.USER, "描述")));
    return IntStream.range(0, ROWS)
        .mapToObj(seed ->
            new GenerationRequest(
                "seed " + seed, asked, new DecodingOptions(10, 1, 0, 1, 0, 64, seed)))
        .toList();
  }

  @Test
  void aFileThatNamesTheTemplatesEndStaysAsItIs() throws IOException {
    Path copy = Files.createDirectory(temporary.resolve("copy"));
    try (LoadedModel model = LoadedModel.open(folder)) {
      model.save(copy);
    }
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("generation_config.json")),
        Files.readAllBytes(copy.resolve("generation_config.json")));
  }

  @Test
  void everythingWrongWithTheTensorsIsInOneError() throws IOException {
    Map<String, Stored> tensors = stored();
    tensors.remove(NORM);
    tensors.put("model.extra.weight", new Stored(DType.F32, new long[] {2}, new byte[8]));
    tensors.put(EMBEDDING, new Stored(DType.F32, new long[] {3, 1}, new byte[12]));
    String bias = "model.visual.patch_embed.proj.bias";
    tensors.put(bias, new Stored(DType.I16, new long[] {48}, new byte[96]));
    write(tensors);
    InvalidCheckpointException error =
        assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertEquals(
        Set.of(
            "tensor " + EMBEDDING + " has shape [3, 1], config.json asks for [704, 64]",
            "tensor " + NORM + " [64] is missing",
            "tensor " + bias + " has type I16, only F32, F16 and BF16 are supported",
            "tensor model.extra.weight is not part of the model"),
        Set.copyOf(error.problems()));
    assertTrue(String.valueOf(error.getMessage()).startsWith(folder.resolve(WEIGHTS) + ": "));
  }

  @Test
  void aStoredHeadIsLeftOutIfItIsTheTiedTable() throws IOException {
    Map<String, Stored> tensors = stored();
    Stored table = Objects.requireNonNull(tensors.get(EMBEDDING));
    tensors.put(HEAD, table);
    write(tensors);
    opensAsTheGolden();
    // Of two names of one tensor either may be the one that was kept.
    tensors.remove(EMBEDDING);
    write(tensors);
    opensAsTheGolden();
  }

  private void opensAsTheGolden() throws IOException {
    try (LoadedModel golden = LoadedModel.open(GOLDEN);
        LoadedModel model = LoadedModel.open(folder)) {
      assertArrayEquals(flat(golden), flat(model));
    }
  }

  @Test
  void aStoredHeadThatDiffersFromTheTiedTableIsRefused() throws IOException {
    Map<String, Stored> tensors = stored();
    byte[] head = Objects.requireNonNull(tensors.get(EMBEDDING)).data().clone();
    head[(3 * 64 + 5) * Float.BYTES] ^= 1;
    tensors.put(HEAD, new Stored(DType.F32, new long[] {704, 64}, head));
    write(tensors);
    InvalidCheckpointException error =
        assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertEquals(
        List.of(
            "config.json ties the head to the embedding table (tie_word_embeddings), but"
                + " lm_head.weight holds other values, first at [3, 5]: set tie_word_embeddings to"
                + " false if the head is one of its own, or remove the tensor"),
        error.problems());
  }

  @Test
  void storedRotaryFrequenciesAreLeftOutIfTheyAreThoseOfTheConfiguration() throws IOException {
    Map<String, Stored> tensors = stored();
    tensors.put("model.language_model.rotary_emb.inv_freq", frequencies(5e6, 32));
    tensors.put("model.visual.rotary_pos_emb.inv_freq", frequencies(1e4, 8));
    write(tensors);
    opensAsTheGolden();
    tensors.put("model.language_model.rotary_emb.inv_freq", frequencies(1e6, 32));
    write(tensors);
    InvalidCheckpointException error =
        assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertTrue(
        error.problems().getFirst().contains("its rope_theta is not the one"), error.getMessage());
  }

  private static Stored frequencies(double theta, int dimensions) {
    ByteBuffer bytes =
        ByteBuffer.allocate(dimensions / 2 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimensions / 2; i++) {
      bytes.putFloat((float) Math.pow(theta, -2.0 * i / dimensions));
    }
    return new Stored(DType.F32, new long[] {dimensions / 2}, bytes.array());
  }

  @Test
  void anUntiedHeadIsRequiredAndLoaded() throws IOException {
    untie();
    InvalidCheckpointException error =
        assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertEquals(
        List.of(
            "tensor "
                + HEAD
                + " [704, 64] is missing; if the head is the embedding table, config.json must say"
                + " so with tie_word_embeddings at its top level"),
        error.problems());
    Map<String, Stored> tensors = stored();
    byte[] head = new byte[704 * 64 * 4];
    Arrays.fill(head, (byte) 0x3e);
    tensors.put(HEAD, new Stored(DType.F32, new long[] {704, 64}, head));
    write(tensors);
    try (LoadedModel model = LoadedModel.open(folder)) {
      assertArrayEquals(
          head, Buffer.of(model.parameters().get(HEAD)).hostBytes().toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void allMissingFilesAreNamed() throws IOException {
    Files.delete(folder.resolve(WEIGHTS));
    Files.delete(folder.resolve("tokenizer.json"));
    InvalidCheckpointException error =
        assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertEquals(List.of("tokenizer.json is missing", WEIGHTS + " is missing"), error.problems());
    Files.writeString(folder.resolve("pytorch_model.bin"), "");
    error = assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertTrue(
        error.problems().getLast().contains("there is pytorch_model.bin, pickles"),
        error.getMessage());
  }

  @Test
  void aFolderThatDoesNotExistIsAnErrorThatNamesIt() {
    Path nowhere = temporary.resolve("nowhere");
    IOException error = assertThrows(IOException.class, () -> LoadedModel.open(nowhere).close());
    assertTrue(String.valueOf(error.getMessage()).contains(nowhere.toString()));
  }

  @Test
  void initialWeightsDependOnTheSeedAlone() throws IOException {
    Files.delete(folder.resolve(WEIGHTS));
    try (LoadedModel first = LoadedModel.initialise(folder, 11);
        LoadedModel again = LoadedModel.initialise(folder, 11);
        LoadedModel other = LoadedModel.initialise(folder, 12)) {
      assertArrayEquals(flat(first), flat(again));
      assertFalse(Arrays.equals(flat(first), flat(other)));
    }
  }

  @Test
  void initialWeightsOfAParameterDoNotDependOnTheOthers() throws IOException {
    try (LoadedModel tied = LoadedModel.initialise(folder, 11)) {
      untie();
      try (LoadedModel untied = LoadedModel.initialise(folder, 11)) {
        for (ParameterLayout.Slot slot : tied.parameters().layout().slots()) {
          String name = slot.spec().name();
          assertArrayEquals(values(tied, name), values(untied, name), name);
        }
        assertFalse(Arrays.equals(values(untied, EMBEDDING), values(untied, HEAD)));
      }
    }
  }

  @Test
  void matricesBeginSmallNormsAtOneAndBiasesAtZero() throws IOException {
    try (LoadedModel model = LoadedModel.initialise(folder, 11)) {
      float[] ones = new float[64];
      Arrays.fill(ones, 1);
      assertArrayEquals(ones, values(model, NORM));
      assertArrayEquals(new float[48], values(model, "model.visual.patch_embed.proj.bias"));
      float[] matrix = values(model, EMBEDDING);
      double squares = 0;
      for (float value : matrix) {
        squares += value * value;
      }
      assertEquals(0.02, Math.sqrt(squares / matrix.length), 5e-4);
    }
  }

  private static float[] flat(LoadedModel model) {
    return Buffer.of(model.parameters().flat()).floats().toArray();
  }

  private static float[] values(LoadedModel model, String name) {
    return Buffer.of(model.parameters().get(name)).floats().toArray();
  }

  private void untie() throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false"));
  }

  /** A tensor as it lies in a file. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Stored(DType dtype, long[] shape, byte[] data) {}

  private static Map<String, Stored> stored() throws IOException {
    Map<String, Stored> tensors = new TreeMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(GOLDEN.resolve(WEIGHTS))) {
      for (String name : file.names()) {
        TensorInfo info = file.info(name);
        tensors.put(
            name,
            new Stored(
                info.dtype(), info.dimensions(), file.data(name).toArray(ValueLayout.JAVA_BYTE)));
      }
    }
    return tensors;
  }

  private void write(Map<String, Stored> tensors) throws IOException {
    List<TensorInfo> infos =
        tensors.entrySet().stream()
            .map(entry ->
                TensorInfo.of(entry.getKey(), entry.getValue().dtype(), entry.getValue().shape()))
            .sorted(Comparator.comparing(TensorInfo::name, TensorInfo.NAME_ORDER))
            .toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(WEIGHTS), infos)) {
      for (TensorInfo info : infos) {
        Stored tensor = Objects.requireNonNull(tensors.get(info.name()));
        writer.write(info.name(), MemorySegment.ofArray(tensor.data()));
      }
      writer.commit();
    }
  }
}
