package io.lockstep.benchmark;

import io.lockstep.data.file.FileWrites;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.checkpoint.CheckpointException;
import io.lockstep.worker.checkpoint.CheckpointReader;
import io.lockstep.worker.checkpoint.Moments;
import io.lockstep.worker.checkpoint.OptimizerFile;
import io.lockstep.worker.checkpoint.Snapshot;
import io.lockstep.worker.checkpoint.TrainerState;
import io.lockstep.worker.checkpoint.WrittenFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * How fast state goes to the disk and back: parameters that mean nothing and their moments, of any
 * size, through the code that writes and reads checkpoints.
 */
public final class CheckpointBench implements AutoCloseable {

  private static final String WEIGHTS = "model.safetensors";
  private static final long MOST_FLOATS_A_TENSOR = 1 << 22;
  private static final int BUCKET_FLOATS = 1 << 18;

  private final Arena arena = Arena.ofShared();
  private final ParameterLayout layout;
  private final Parameters live;
  private final Moments moments;
  private final Snapshot snapshot;

  /** State of so many trained values: three float32 each. */
  public CheckpointBench(long floats) {
    List<ParameterSpec> specs = new ArrayList<>();
    for (long at = 0; at < floats; at += MOST_FLOATS_A_TENSOR) {
      String name = "layers.%05d.weight".formatted(specs.size());
      long size = Math.min(MOST_FLOATS_A_TENSOR, floats - at);
      specs.add(ParameterSpec.of(ParameterSpec.Module.LLM, name, size));
    }
    layout = new ParameterLayout(specs);
    live = new Parameters(layout);
    // Gaps between parameters are not stored: they stay zero.
    live.byName().values().forEach(values -> Buffer.of(values).update(CheckpointBench::fill));
    long size = layout.size();
    moments =
        new Moments(
            0,
            Buffer.onHost(arena, Dtype.FLOAT32, size),
            Buffer.onHost(arena, Dtype.FLOAT32, size));
    fill(moments.mean());
    fill(moments.meanSquare());
    snapshot = new Snapshot(layout);
  }

  private static void fill(Buffer values) {
    for (long i = 0; i < values.elements(); i++) {
      values.floats().set(i, (float) i);
    }
  }

  /** Bytes of the whole state. */
  public long bytes() {
    return Dtype.FLOAT32.bytes(3 * layout.size());
  }

  /** Copies the state: what training stands still for. */
  public void copy() {
    snapshot.take(Buffer.of(live.flat()), moments);
  }

  /** Writes the copy, with hashes and everything synced. */
  public List<WrittenFile> write(Path folder, long steps) throws IOException {
    Parameters copied = snapshot.trained();
    if (copied == null) {
      throw new IllegalStateException("copy the state first");
    }
    List<StoredFile> files = new ArrayList<>();
    List<TensorInfo> infos =
        layout.slots().stream()
            .map(slot -> TensorInfo.of(slot.spec().name(), DType.F32, slot.spec().dimensions()))
            .toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(WEIGHTS), infos)) {
      for (TensorInfo info : infos) {
        writer.write(info.name(), Buffer.of(copied.get(info.name())));
      }
      files.add(writer.commit());
    }
    files.add(OptimizerFile.write(folder, 0, 1, snapshot.moments()));
    TrainerState state =
        new TrainerState(steps, 0, 0, 1, 1, 1, layout.size(), BUCKET_FLOATS, new TreeMap<>());
    FileWrites.text(folder.resolve(TrainerState.FILE_NAME), state.toJson());
    files.add(StoredFile.sync(folder, TrainerState.FILE_NAME));
    return files.stream()
        .map(file -> new WrittenFile(file.path(), file.bytes(), file.sha256()))
        .toList();
  }

  /**
   * Reads the whole state into memory.
   *
   * @throws IOException also if it isn't what was written
   */
  public void read(Path folder) throws IOException {
    Parameters copied = snapshot.trained();
    if (copied == null) {
      throw new IllegalStateException("copy the state first");
    }
    Buffer.of(copied.flat()).zero();
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS));
        CheckpointReader reader = CheckpointReader.open(folder)) {
      copied.byName().forEach((name, into) -> Buffer.of(into).copyFrom(file.buffer(name)));
      reader.requireFit(layout.size(), BUCKET_FLOATS);
      reader.readMoments(snapshot.moments());
    }
    boolean same =
        Buffer.of(copied.flat()).hasSameBytes(Buffer.of(live.flat()))
            && snapshot.moments().mean().hasSameBytes(moments.mean())
            && snapshot.moments().meanSquare().hasSameBytes(moments.meanSquare());
    if (!same) {
      throw new CheckpointException("what was read from " + folder + " is not what was written");
    }
  }

  @Override
  public void close() {
    snapshot.close();
    live.close();
    arena.close();
  }
}
