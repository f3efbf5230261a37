package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.InvalidSafetensorsException;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights in shards, in other types and under older names. */
final class ModelWeightsTest {

  private static final long SHARD_BYTES = 1_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temporary;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void shardsOpenWithTheSameBitsAndDigestAsOneFile(GoldenFamily family) throws IOException {
    Path shards = Files.createDirectory(temporary.resolve("shards"));
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      List<String> names = model.save(shards, SHARD_BYTES);
      assertTrue(
          names.stream().anyMatch(name -> name.startsWith("model-00002-of-")), names.toString());
      assertTrue(names.contains(TensorSource.INDEX_FILE));
      try (var files = Files.list(shards)) {
        assertEquals(names.size(), files.count());
      }
      try (LoadedModel again = LoadedModel.open(shards)) {
        assertArrayEquals(flat(model), flat(again));
      }
    }
    assertEquals(LoadedModel.storedSha256(family.checkpoint()), LoadedModel.storedSha256(shards));
  }

  @Test
  void namesOfBothSpellingsMeanTheSameForQwen25() throws IOException {
    Path current = copy(GoldenFamily.QWEN2_5_VL);
    rewrite(
        current,
        DType.F32,
        name ->
            name.startsWith("visual.")
                ? "model." + name
                : name.replaceFirst("^model[.]", "model.language_model."));
    try (LoadedModel legacy = LoadedModel.open(GoldenFamily.QWEN2_5_VL.checkpoint());
        LoadedModel renamed = LoadedModel.open(current)) {
      assertArrayEquals(flat(legacy), flat(renamed));
      Path saved = Files.createDirectory(temporary.resolve("saved"));
      renamed.save(saved);
      assertEquals(
          LoadedModel.storedSha256(GoldenFamily.QWEN2_5_VL.checkpoint()),
          LoadedModel.storedSha256(saved));
    }
  }

  @Test
  void theSameParameterUnderBothSpellingsIsAnError() throws IOException {
    Path folder = copy(GoldenFamily.QWEN2_5_VL);
    String legacy = "model.norm.weight";
    String current = "model.language_model.norm.weight";
    Path file = folder.resolve(TensorSource.WEIGHTS_FILE);
    Path more = folder.resolve("more.safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      List<TensorInfo> infos = new ArrayList<>();
      tensors.names().forEach(name -> infos.add(tensors.info(name)));
      infos.add(TensorInfo.of(current, DType.F32, 64));
      try (SafetensorsWriter writer = SafetensorsWriter.create(more, infos)) {
        for (TensorInfo info : infos) {
          writer.write(
              info.name(), tensors.data(info.name().equals(current) ? legacy : info.name()));
        }
        writer.commit();
      }
    }
    Files.move(more, file, StandardCopyOption.REPLACE_EXISTING);
    var error =
        assertThrows(InvalidCheckpointException.class, () -> LoadedModel.open(folder).close());
    assertEquals(
        List.of("tensors " + current + " and " + legacy + " are the same parameter"),
        error.problems());
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void narrowWeightsAreWidenedExactlyAndSavedAsFloat32(DType type) throws IOException {
    Path narrow = copy(GoldenFamily.QWEN3_VL);
    rewrite(narrow, type, UnaryOperator.identity());
    declare(narrow, type == DType.BF16 ? "bfloat16" : "float16");
    Path saved = Files.createDirectory(temporary.resolve("saved"));
    try (LoadedModel exact = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
        LoadedModel rounded = LoadedModel.open(narrow)) {
      float[] before = flat(exact);
      float[] after = flat(rounded);
      for (int i = 0; i < before.length; i++) {
        assertEquals(rounded(before[i], type), after[i]);
      }
      rounded.save(saved);
      try (LoadedModel again = LoadedModel.open(saved)) {
        assertArrayEquals(after, flat(again));
        assertEquals("float32", again.config().dtype());
      }
    }
  }

  @Test
  void everythingWrongWithTheShardsIsInOneError() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("shards"));
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      model.save(folder, SHARD_BYTES);
    }
    Path index = folder.resolve(TensorSource.INDEX_FILE);
    ObjectNode root = (ObjectNode) JSON.readTree(index.toFile());
    ObjectNode map = (ObjectNode) root.get("weight_map");
    String norm = "model.language_model.norm.weight";
    map.remove(norm);
    map.put("model.visual.pos_embed.weight", last());
    refused(folder, root, "holds " + norm, "pos_embed.weight is not in shard " + last());

    root = (ObjectNode) JSON.readTree(index.toFile());
    ((ObjectNode) root.get("weight_map"))
        .put(norm, "../outside.safetensors")
        .put("model.visual.pos_embed.weight", "/etc/passwd");
    refused(folder, root, "outside.safetensors\", which is no name", "/etc/passwd");

    Files.copy(
        folder.resolve("model-00001-of-00003.safetensors"), folder.resolve("twice.safetensors"));
    root = (ObjectNode) JSON.readTree(index.toFile());
    ((ObjectNode) root.get("weight_map")).put("model.visual.pos_embed.weight", "twice.safetensors");
    refused(folder, root, "tensor model.visual.pos_embed.weight is in two shards");

    root = (ObjectNode) JSON.readTree(index.toFile());
    Files.delete(folder.resolve("model-00001-of-00003.safetensors"));
    Files.delete(folder.resolve(last()));
    refused(folder, root, "model-00001-of-00003.safetensors, which is missing", last() + ", which");
  }

  @Test
  void theSizeThatAnIndexClaimsDoesNotMatter() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("shards"));
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      model.save(folder, SHARD_BYTES);
    }
    Path index = folder.resolve(TensorSource.INDEX_FILE);
    ObjectNode root = (ObjectNode) JSON.readTree(index.toFile());
    ((ObjectNode) root.get("metadata")).put("total_size", 5);
    JSON.writeValue(index.toFile(), root);
    LoadedModel.open(folder).close();
    root.remove("metadata");
    JSON.writeValue(index.toFile(), root);
    LoadedModel.open(folder).close();
  }

  @Test
  void aFolderWithBothAFileAndAnIndexIsAmbiguous() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    Files.writeString(folder.resolve(TensorSource.INDEX_FILE), "{}");
    var error =
        assertThrows(InvalidSafetensorsException.class, () -> LoadedModel.open(folder).close());
    assertTrue(String.valueOf(error.getMessage()).contains("holds both"), error.getMessage());
  }

  private static String last() {
    return "model-00003-of-00003.safetensors";
  }

  private void refused(Path folder, ObjectNode index, String... parts) throws IOException {
    Path other = Files.createTempDirectory(temporary, "changed");
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.copy(file, other.resolve(file.getFileName()));
      }
    }
    JSON.writeValue(other.resolve(TensorSource.INDEX_FILE).toFile(), index);
    var error =
        assertThrows(InvalidSafetensorsException.class, () -> LoadedModel.open(other).close());
    for (String part : parts) {
      assertTrue(String.valueOf(error.getMessage()).contains(part), error.getMessage());
    }
  }

  private static float[] flat(LoadedModel model) {
    return model.parameters().flat().toFloatArray();
  }

  private Path copy(GoldenFamily family) throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("copy"));
    try (var files = Files.list(family.checkpoint())) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    return folder;
  }

  private static void declare(Path folder, String type) throws IOException {
    Path config = folder.resolve("config.json");
    ObjectNode root = (ObjectNode) JSON.readTree(config.toFile());
    JSON.writeValue(config.toFile(), root.put("dtype", type));
    assertFalse(root.get("dtype").asText().equals("float32"));
  }

  /** Stores all tensors anew under other names, in a narrower type. */
  private static void rewrite(Path folder, DType type, UnaryOperator<String> rename)
      throws IOException {
    Path file = folder.resolve(TensorSource.WEIGHTS_FILE);
    Path changed = folder.resolve("changed.safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      List<TensorInfo> infos =
          tensors.names().stream()
              .map(name -> new TensorInfo(rename.apply(name), type, tensors.info(name).shape()))
              .toList();
      try (SafetensorsWriter writer = SafetensorsWriter.create(changed, infos)) {
        for (String name : tensors.names()) {
          writer.write(rename.apply(name), encoded(Goldens.floats(tensors, name), type));
        }
        writer.commit();
      }
    }
    Files.move(changed, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static ByteBuffer encoded(float[] values, DType type) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (type) {
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> bytes.putShort(Float.floatToFloat16(value));
        default -> bytes.putFloat(value);
      }
    }
    return bytes.flip();
  }

  /** What is left of a value: half precision rounds it, a cut bfloat16 loses its last 16 bits. */
  private static float rounded(float value, DType type) {
    return type == DType.BF16
        ? Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xFFFF0000)
        : Float.float16ToFloat(Float.floatToFloat16(value));
  }
}
