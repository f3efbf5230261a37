package io.lockstep.cli.run;

import io.lockstep.cli.console.UserError;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The fingerprint of a checkpoint's weights. */
public final class Digest {

  private Digest() {}

  /**
   * SHA-256 over the tensors of a checkpoint folder in name order, 64 hexadecimal digits; of an
   * adapter's folder over those of the adapter.
   */
  public static String ofCheckpoint(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new UserError(folder + " is no folder: name a checkpoint's folder");
    }
    return LoadedModel.storedSha256(folder);
  }
}
