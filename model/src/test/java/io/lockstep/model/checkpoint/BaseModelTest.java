package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The base model that ships is the one its documents speak of. */
class BaseModelTest {

  private static final Path BASE = Path.of("../base-model");
  private static final long MAX_BYTES = 16L << 20;

  @Test
  void hasTheDigestItIsSaidToHave() throws IOException {
    assertEquals(Files.readString(BASE.resolve("SHA256")).strip(), LoadedModel.storedSha256(BASE));
  }

  @Test
  void isSmallEnoughToShip() throws IOException {
    Torch.start(1);
    try (LoadedModel base = LoadedModel.open(BASE)) {
      long parameters = base.parameters().layout().elements();
      assertTrue(parameters >= 3_000_000 && parameters <= 5_000_000, parameters + " parameters");
    }
    assertTrue(Files.size(BASE.resolve(TensorSource.WEIGHTS_FILE)) <= MAX_BYTES);
  }
}
