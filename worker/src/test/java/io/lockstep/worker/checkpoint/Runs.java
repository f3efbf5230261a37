package io.lockstep.worker.checkpoint;

import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.Buckets.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Small runs whose state is drawn instead of trained. */
final class Runs {

  private static final int BUCKET_FLOATS = 1024;

  private Runs() {}

  static RunConfig config(String mode) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %1$s}
        data: {train_jsonl: %2$s, template: target_summary}
        training: {seed: 5, max_steps: 10, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: %4$s, freeze_vit: false, freeze_aligner: false}
        cluster: {bucket_floats: %3$d}
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(),
                GoldenFamily.QWEN3_VL.file("cases.json"),
                BUCKET_FLOATS,
                mode),
        "test",
        Path.of("/"));
  }

  static Buckets buckets(RunConfig config, long floats) {
    return new Buckets(floats, config.cluster().bucketFloats());
  }

  /** Room for the moments of a range. */
  static Moments room(Arena arena, long start, long floats) {
    return new Moments(
        start,
        Buffer.onHost(arena, Dtype.FLOAT32, floats),
        Buffer.onHost(arena, Dtype.FLOAT32, floats));
  }

  /** Moments of the whole flat layout, always the same. */
  static Moments moments(Arena arena, long floats) {
    Moments moments = room(arena, 0, floats);
    SplittableRandom random = new SplittableRandom(1);
    fill(moments.mean(), random);
    fill(moments.meanSquare(), random);
    return moments;
  }

  static void fill(Buffer values, SplittableRandom random) {
    values.write(host -> {
      for (long i = 0; i < host.elements(); i++) {
        host.floats().set(i, (float) (random.nextDouble() - 0.5));
      }
    });
  }

  static Buffer slice(Buffer flat, Range range) {
    return flat.slice(range.start(), range.floats());
  }

  /** Writes the parts of all ranks of a world. */
  static void write(
      Path folder, LoadedModel model, RunConfig config, int world, long steps, Moments all)
      throws IOException {
    for (int rank = 0; rank < world; rank++) {
      Range range = buckets(config, all.floats()).owned(rank, world);
      var _ =
          new CheckpointParts(folder, rank, world)
              .write(
                  model,
                  rank == 0 ? model.trainable().trained() : null,
                  new Moments(
                      range.start(), slice(all.mean(), range), slice(all.meanSquare(), range)),
                  config,
                  steps,
                  rank == 0 ? probes() : List.of());
    }
  }

  static List<Probe> probes() throws IOException {
    List<Probe> probes = new ArrayList<>();
    for (int index : List.of(1, 2)) {
      probes.add(
          new Probe(
              "record " + index,
              Probe.Task.OTHER,
              GoldenFamily.QWEN3_VL.conversations().get(index).answered()));
    }
    return probes;
  }

  static List<String> files(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile)
          .map(path -> folder.relativize(path).toString())
          .sorted()
          .toList();
    }
  }
}
