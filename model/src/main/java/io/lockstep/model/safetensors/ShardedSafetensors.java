package io.lockstep.model.safetensors;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/** Tensors in several files that an index lists, mapped into memory. */
public final class ShardedSafetensors implements TensorSource {

  private final Path index;
  private final List<SafetensorsFile> files;
  private final SequencedMap<String, SafetensorsFile> byTensor;

  private ShardedSafetensors(
      Path index, List<SafetensorsFile> files, SequencedMap<String, SafetensorsFile> byTensor) {
    this.index = index;
    this.files = files;
    this.byTensor = byTensor;
  }

  /**
   * Maps all shards and checks them against the index: each tensor lies in the shard that the index
   * names and in no other.
   *
   * @param indexFile the index; its shards lie beside it
   * @throws InvalidSafetensorsException naming everything that is wrong
   */
  public static ShardedSafetensors open(Path indexFile) throws IOException {
    ShardIndex index = ShardIndex.read(indexFile);
    List<String> problems = new ArrayList<>();
    SequencedMap<String, SafetensorsFile> shards = new TreeMap<>();
    try {
      for (String name : index.files()) {
        openShard(indexFile.resolveSibling(name), name, shards, problems);
      }
      if (problems.isEmpty()) {
        check(index, shards, problems);
      }
      if (!problems.isEmpty()) {
        throw new InvalidSafetensorsException(indexFile, String.join("; ", problems));
      }
    } catch (IOException | RuntimeException e) {
      shards.values().forEach(SafetensorsFile::close);
      throw e;
    }
    SequencedMap<String, SafetensorsFile> byTensor = new TreeMap<>(TensorInfo.NAME_ORDER);
    for (Map.Entry<String, String> entry : index.weightMap().entrySet()) {
      SafetensorsFile shard = shards.get(entry.getValue());
      if (shard != null) {
        byTensor.put(entry.getKey(), shard);
      }
    }
    return new ShardedSafetensors(indexFile, List.copyOf(shards.values()), byTensor);
  }

  @SuppressWarnings("MustBeClosedChecker")
  private static void openShard(
      Path file, String name, Map<String, SafetensorsFile> shards, List<String> problems)
      throws IOException {
    if (!Files.isRegularFile(file)) {
      problems.add("names shard " + name + ", which is missing");
      return;
    }
    try {
      shards.put(name, SafetensorsFile.open(file));
    } catch (InvalidSafetensorsException e) {
      problems.add("names a damaged shard: " + e.getMessage());
    }
  }

  private static void check(
      ShardIndex index, SequencedMap<String, SafetensorsFile> shards, List<String> problems) {
    Map<String, String> seen = new TreeMap<>(TensorInfo.NAME_ORDER);
    for (Map.Entry<String, SafetensorsFile> shard : shards.entrySet()) {
      for (String tensor : shard.getValue().names()) {
        String other = seen.putIfAbsent(tensor, shard.getKey());
        String named = index.weightMap().get(tensor);
        if (other != null) {
          problems.add(
              "tensor %s is in two shards, %s and %s".formatted(tensor, other, shard.getKey()));
        } else if (named == null) {
          problems.add("shard " + shard.getKey() + " holds " + tensor + ", which it doesn't list");
        }
      }
    }
    index
        .weightMap()
        .forEach((tensor, shard) -> {
          SafetensorsFile file = shards.get(shard);
          if (file != null && !file.contains(tensor)) {
            problems.add("tensor " + tensor + " is not in shard " + shard);
          }
        });
  }

  @Override
  public List<String> names() {
    return List.copyOf(byTensor.keySet());
  }

  @Override
  public boolean contains(String name) {
    return byTensor.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return shard(name).info(name);
  }

  @Override
  public MemorySegment data(String name) {
    return shard(name).data(name);
  }

  private SafetensorsFile shard(String name) {
    SafetensorsFile shard = byTensor.get(name);
    if (shard == null) {
      throw new IllegalArgumentException(index + " lists no tensor " + name);
    }
    return shard;
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
