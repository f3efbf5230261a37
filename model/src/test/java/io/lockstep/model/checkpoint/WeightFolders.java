package io.lockstep.model.checkpoint;

import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.Parameters;
import java.io.IOException;
import java.nio.file.Path;

/** Lets tests of other packages read and write weights without a whole checkpoint. */
public final class WeightFolders {

  private WeightFolders() {}

  public static Parameters read(Path folder, ModelConfig config) throws IOException {
    return new ModelWeights(config).read(folder, config.layout());
  }

  public static void write(Path folder, ModelConfig config, Parameters parameters)
      throws IOException {
    new ModelWeights(config)
        .write(folder, parameters.layout(), parameters, ModelWeights.MAX_SHARD_BYTES);
  }
}
