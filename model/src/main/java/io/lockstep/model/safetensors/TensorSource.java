package io.lockstep.model.safetensors;

import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Named tensors that can be read without loading all of them. */
public sealed interface TensorSource extends AutoCloseable
    permits SafetensorsFile, ShardedSafetensors, JoinedTensors {

  /** File name of weights kept in one piece. */
  String WEIGHTS_FILE = "model.safetensors";

  /** File name of the index of weights kept in shards. */
  String INDEX_FILE = "model.safetensors.index.json";

  /** File name of the weights of a detection head beside a model's. */
  String DETECTION_FILE = "detection_head.safetensors";

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

  /** Type and bytes of a tensor. */
  default StoredValues values(String name) {
    return new StoredValues(info(name).dtype(), data(name));
  }

  /** The values of a tensor in host memory; see {@link #data}. */
  default Buffer buffer(String name) {
    return values(name).buffer();
  }

  @Override
  void close();

  /** Whether a model folder holds weights, in one piece or in shards. */
  static boolean anyIn(Path folder) {
    return Files.isRegularFile(folder.resolve(WEIGHTS_FILE))
        || Files.isRegularFile(folder.resolve(INDEX_FILE));
  }

  /**
   * The file that a model folder's weights are opened by: the weights in one piece, or the index of
   * their shards.
   *
   * @throws InvalidSafetensorsException if the folder holds neither of them, or both
   */
  static Path weightsOf(Path folder) throws IOException {
    boolean single = Files.isRegularFile(folder.resolve(WEIGHTS_FILE));
    boolean sharded = Files.isRegularFile(folder.resolve(INDEX_FILE));
    if (single && sharded) {
      throw new InvalidSafetensorsException(
          folder,
          "holds both "
              + WEIGHTS_FILE
              + " and "
              + INDEX_FILE
              + "; remove the one that is not meant");
    }
    if (!single && !sharded) {
      throw new InvalidSafetensorsException(
          folder, "holds no weights: it must hold " + WEIGHTS_FILE + " or " + INDEX_FILE);
    }
    return folder.resolve(single ? WEIGHTS_FILE : INDEX_FILE);
  }

  /**
   * Opens the weights of a model folder, and those of a detection head beside them.
   *
   * @throws InvalidSafetensorsException if a file is missing or damaged
   */
  static TensorSource openFolder(Path folder) throws IOException {
    Path weights = weightsOf(folder);
    TensorSource model =
        weights.endsWith(INDEX_FILE)
            ? ShardedSafetensors.open(weights)
            : SafetensorsFile.open(weights);
    Path head = folder.resolve(DETECTION_FILE);
    if (!Files.isRegularFile(head)) {
      return model;
    }
    try {
      return new JoinedTensors(head, model, SafetensorsFile.open(head));
    } catch (IOException e) {
      model.close();
      throw e;
    }
  }
}
