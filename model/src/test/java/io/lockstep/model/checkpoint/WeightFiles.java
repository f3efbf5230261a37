package io.lockstep.model.checkpoint;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import java.io.IOException;
import java.nio.file.Path;

/** Lets tests of other packages read weights without a whole checkpoint. */
public final class WeightFiles {

  private WeightFiles() {}

  public static Parameters read(Path file, ParameterLayout layout, boolean tiedHead)
      throws IOException {
    return WeightFile.read(file, layout, tiedHead);
  }
}
