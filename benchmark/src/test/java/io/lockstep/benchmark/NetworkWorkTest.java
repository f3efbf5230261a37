package io.lockstep.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.cost.FlopCount;
import io.lockstep.model.cost.NetworkWork;
import io.lockstep.model.cost.OperatorGroup;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.family.PublishedModels;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The work of networks against formulas that are written down by hand from published shapes. */
class NetworkWorkTest {

  private static final double FORWARD_AND_BACK = 3;

  @TempDir private Path folder;

  private static NetworkWork.Load load(int rows, int length, Grid picture, int supervised) {
    return new NetworkWork.Load(rows, length, Collections.nCopies(rows, picture), supervised);
  }

  private static double products(NetworkWork.Total work) {
    return work.sum(OperatorGroup.PRODUCTS).flops();
  }

  /**
   * 1024 patches of 1536 values and 1536 tokens. Vision: 256 wide, six blocks with q, k, v, output
   * and two layers of 1024; four mergers of 1024 wide groups of 4 patches to 512. Text: 512 wide,
   * eight layers with 8 heads of 64, 4 of keys and values, three layers of 1536. The pixels need no
   * gradient.
   */
  @Test
  void theBenchModelsStep() throws IOException {
    BenchModel.write(Path.of("..", "base-model"), folder);
    ModelConfig config = ModelFamilies.read(folder.resolve("config.json"));
    NetworkWork.Total work =
        NetworkWork.step(config, config.layout(), load(4, 384, new Grid(1, 16, 16), 768), false);
    double patches = 1024;
    double tokens = 1536;
    double embedding = 2 * patches * 1536 * 256;
    double tower = 6 * 2 * patches * (256 * 768 + 256 * 256 + 2 * 256 * 1024.0);
    double mergers = 4 * 2 * (patches / 4) * (1024 * 1024.0 + 1024 * 512);
    double text = 8 * 2 * tokens * (512 * 512 + 2 * 512 * 256 + 512 * 512 + 3 * 512 * 1536.0);
    assertEquals(2 * embedding + FORWARD_AND_BACK * (tower + mergers + text), products(work), 1e-3);
    assertEquals(
        FORWARD_AND_BACK * 2 * 768 * 512 * 8192.0, work.sum(OperatorGroup.HEAD).flops(), 1e-3);
    double pictures = 6 * 4 * 4 * 256.0 * 256 * 256;
    double rows = 8 * 4 * 4 * (384 * 385 / 2.0) * 512;
    assertEquals(
        FORWARD_AND_BACK * (pictures + rows), work.sum(OperatorGroup.ATTENTION).flops(), 1e-3);
    double values = config.layout().elements();
    assertEquals(8 * 4 * values, work.sum(OperatorGroup.OPTIMIZER).bytes());
    assertEquals(2 * 4 * values, work.sum(OperatorGroup.COPIES).bytes());
  }

  /** 28 layers of 2048, 16 heads of 128 and 8 of keys and values, 6144, and 151936 words. */
  @Test
  void aTokenOfQwen3Vl2bReadsAllWeightsOfItsLanguageModel() throws IOException {
    ModelConfig config = PublishedModels.config("qwen3-vl-2b");
    NetworkWork.Total work = NetworkWork.token(config, 3, 1000);
    double layer = 2048 * 2048 + 2 * 2048 * 1024 + 2048 * 2048 + 3 * 2048 * 6144.0;
    assertEquals(2 * 3 * 28 * layer, products(work), 1e-3);
    assertEquals(2 * 3 * 2048 * 151936.0, work.sum(OperatorGroup.HEAD).flops(), 1e-3);
    assertEquals(4.0 * 3 * 1000 * 2048 * 28, work.sum(OperatorGroup.ATTENTION).flops(), 1e-3);
    double bytes = work.sum(OperatorGroup.PRODUCTS).bytes() / config.computeType().bytes() / 28;
    double activations = 3 * (3 * 2048 + 2048 + 2 * 1024 + 2048 + 2048 + 3 * 2048 + 3 * 6144.0);
    assertEquals(layer + activations, bytes, 1e-3);
  }

  /** The count for prompts follows the configuration instead of the parameters. */
  @Test
  void aPassForwardIsWhatThePromptsCountSays() throws IOException {
    for (String name : List.of("qwen3-vl-2b", "qwen3-vl-8b", "qwen2.5-vl-3b")) {
      ModelConfig config = PublishedModels.config(name);
      Grid picture = new Grid(1, 28, 36);
      ParameterLayout frozen = new ParameterLayout(List.of());
      NetworkWork.Total work = NetworkWork.step(config, frozen, load(1, 500, picture, 1), false);
      FlopCount count = FlopCount.of(config, List.of(picture), 500);
      assertEquals((double) count.total(), work.sum().flops(), 1e-9 * count.total(), name);
      assertEquals(0, work.sum(OperatorGroup.OPTIMIZER).bytes(), "nothing is trained");
    }
  }

  @Test
  void frozenPartsAndCheckpointingAreCounted() throws IOException {
    ModelConfig config = PublishedModels.config("qwen3-vl-2b");
    NetworkWork.Load load = load(2, 300, new Grid(1, 16, 16), 100);
    double whole = products(NetworkWork.step(config, config.layout(), load, false));
    ParameterLayout language =
        new ParameterLayout(
            config.layout().slots().stream()
                .map(ParameterLayout.Slot::spec)
                .filter(spec -> spec.module() == ParameterSpec.Module.LLM)
                .toList());
    double tuned = products(NetworkWork.step(config, language, load, false));
    double forward =
        products(NetworkWork.step(config, new ParameterLayout(List.of()), load, false));
    FlopCount ofPicture =
        FlopCount.of(config, List.of(new Grid(1, 16, 16), new Grid(1, 16, 16)), 1);
    double tower = ofPicture.visionTower() + ofPicture.mergers();
    assertEquals(3 * forward, whole, 0.01 * whole);
    assertTrue(tuned < whole - 1.5 * tower, "the tower is not gone back through");
    double again = products(NetworkWork.step(config, config.layout(), load, true));
    assertEquals(forward, again - whole, 1e-6 * forward);
  }
}
