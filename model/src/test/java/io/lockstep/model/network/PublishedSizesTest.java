package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.family.PublishedModels;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The published sizes, from their {@code config.json} alone; counts by the public implementation.
 */
final class PublishedSizesTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "qwen3-vl-2b, 2127532032, 1720574976, 306242560, 100714496",
    "qwen3-vl-4b, 4437815808, 4022468096, 306242560, 109105152",
    "qwen3-vl-8b, 8767123696, 8190735360, 415891440, 160496896",
    "qwen3-vl-30b-a3b, 31070754032, 30532122624, 415891440, 122739968",
    "qwen3-vl-235b-a22b, 235670022896, 235093634560, 415891440, 160496896",
    "qwen2.5-vl-3b, 3754622976, 3085938688, 631975680, 36708608",
    "qwen2.5-vl-7b, 8292166656, 7615616512, 631975680, 44574464",
  })
  void everyModuleHasAsManyParametersAsInThePublicImplementation(
      String name, long all, long llm, long vit, long aligner) throws IOException {
    ModelConfig config = PublishedModels.config(name);
    ParameterLayout layout = config.layout();
    Map<Module, Long> counts = new EnumMap<>(Module.class);
    layout
        .slots()
        .forEach(slot -> counts.merge(slot.spec().module(), slot.spec().elements(), Long::sum));
    assertEquals(Map.of(Module.LLM, llm, Module.VIT, vit, Module.ALIGNER, aligner), counts);
    assertEquals(all, layout.elements());
    Path copy = folder.resolve("config.json");
    config.write(copy);
    assertEquals(config, ModelFamilies.read(copy));
    Files.delete(copy);
  }

  @Test
  void aNameMayBeThatOfTheCheckpoint() {
    assertEquals(Optional.of("qwen3-vl-8b"), PublishedModels.name("Qwen/Qwen3-VL-8B-Instruct"));
    assertEquals(Optional.of("qwen2.5-vl-7b"), PublishedModels.name("qwen2.5-vl-7b"));
    assertEquals(Optional.empty(), PublishedModels.name("qwen3-vl-9b"));
  }
}
