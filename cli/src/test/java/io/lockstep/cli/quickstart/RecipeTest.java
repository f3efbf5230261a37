package io.lockstep.cli.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.lockstep.worker.config.RecipeFile;
import io.lockstep.worker.config.RunConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipe that quickstart trains with. */
class RecipeTest {

  private static final Path SHIPPED = Path.of("..", "configs", "recipes", "quickstart.yaml");

  @TempDir private Path folder = Path.of("");

  @Test
  void itIsTheShippedOneWithOtherData() throws Exception {
    Path train = Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    Path heldOut = Files.writeString(folder.resolve("heldout.jsonl"), "{}\n");
    Path target = folder.resolve("recipe.yaml");
    Recipe.write(SHIPPED, train, heldOut, target);
    RunConfig written = RunConfig.read(target);
    assertEquals(Optional.of(heldOut), written.data().valJsonl());
    assertEquals(train, written.datasets().getFirst().trainJsonl());
    assertEquals(1080, written.training().maxSteps());
    assertEquals(Path.of("..", "base-model").toRealPath(), written.model().model().toRealPath());
    assertEquals(written.model(), new RecipeFile(SHIPPED).readModel());
    assertFalse(Files.readString(target).contains("extends"));
  }
}
