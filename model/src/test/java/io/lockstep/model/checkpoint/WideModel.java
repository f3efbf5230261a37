package io.lockstep.model.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterFile;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A base model in bfloat16 of nearly 2 MB a layer and an adapter for it, made without ever loading
 * it.
 *
 * @param base the base model's folder
 * @param adapter the adapter's folder
 */
record WideModel(Path base, Path adapter, ParameterLayout layout) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static WideModel create(Path parent, int layers) throws IOException {
    Path base = Folders.copy(GoldenFamily.QWEN3_VL.checkpoint(), parent.resolve("wide"));
    Path configFile = base.resolve("config.json");
    ObjectNode root = (ObjectNode) JSON.readTree(configFile.toFile());
    ((ObjectNode) root.get("text_config"))
        .put("hidden_size", 256)
        .put("intermediate_size", 1024)
        .put("num_hidden_layers", layers);
    ((ObjectNode) root.get("vision_config")).put("out_hidden_size", 256);
    JSON.writeValue(configFile.toFile(), root);
    ParameterLayout layout = ModelFamilies.read(configFile).layout();
    Files.delete(base.resolve("model.safetensors"));
    write(base.resolve("model.safetensors"), layout, DType.BF16);

    Path adapter = Files.createDirectory(parent.resolve("wide-adapter"));
    AdapterConfig config = AdapterConfig.of(2, 4, new Targets.AllLinear()).withDora(true);
    AdapterPlan plan = AdapterPlan.of(config, layout, Set.of());
    config.write(adapter);
    write(adapter.resolve(AdapterFile.FILE_NAME), plan.layout(), DType.F32);
    return new WideModel(base, adapter, layout);
  }

  /** Every value is the one whose bytes are all 0x3C: about 0.01 in both types. */
  private static void write(Path file, ParameterLayout layout, DType type) throws IOException {
    List<TensorInfo> infos =
        layout.slots().stream()
            .map(slot -> TensorInfo.of(slot.spec().name(), type, slot.spec().dimensions()))
            .toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, infos)) {
      for (TensorInfo info : infos) {
        byte[] bytes = new byte[Math.toIntExact(info.bytes())];
        Arrays.fill(bytes, (byte) 0x3C);
        writer.write(info.name(), ByteBuffer.wrap(bytes));
      }
      writer.commit();
    }
  }

  /** Size of the weights in float32. */
  long weightBytes() {
    return layout.elements() * Float.BYTES;
  }

  /** Size of the largest weight in float32. */
  long largestTensorBytes() {
    return layout.slots().stream().mapToLong(slot -> slot.spec().elements()).max().orElseThrow()
        * Float.BYTES;
  }
}
