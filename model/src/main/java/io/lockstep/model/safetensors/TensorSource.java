package io.lockstep.model.safetensors;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Named tensors that can be read without loading all of them. */
public sealed interface TensorSource extends AutoCloseable permits SafetensorsFile {

  /** File name of weights kept in one piece. */
  String WEIGHTS_FILE = "model.safetensors";

  /** All names in {@link TensorInfo#NAME_ORDER}. */
  List<String> names();

  /** Whether there is such a tensor. */
  boolean contains(String name);

  /**
   * Type and shape.
   *
   * @throws IllegalArgumentException if there is no such tensor
   */
  TensorInfo info(String name);

  /**
   * The tensor's bytes, little-endian, read-only, valid until this is closed; not necessarily
   * aligned to the element size.
   *
   * @throws IllegalArgumentException if there is no such tensor
   */
  MemorySegment data(String name);

  @Override
  void close();

  /**
   * Opens the weights of a model folder.
   *
   * @throws InvalidSafetensorsException if the file is damaged
   */
  static TensorSource openFolder(Path folder) throws IOException {
    Path file = folder.resolve(WEIGHTS_FILE);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSafetensorsException(
          file, "does not exist; a model folder must hold " + WEIGHTS_FILE);
    }
    return SafetensorsFile.open(file);
  }
}
