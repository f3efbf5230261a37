package io.lockstep.model.checkpoint;

import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.util.Optional;

/** The values that a model's parameters have before any training: those of files, or drawn ones. */
interface ParameterValues extends AutoCloseable {

  /** Where they come from; they may be asked for again. */
  @FunctionalInterface
  interface Source {
    ParameterValues open() throws IOException;
  }

  /** Fills memory with a parameter's values, in float32. */
  void read(ParameterSpec parameter, Buffer into);

  /** The same as they are stored, if they come from a file. */
  default Optional<StoredValues> stored(ParameterSpec parameter) {
    return Optional.empty();
  }

  @Override
  void close();
}
