package io.lockstep.worker.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.align.certificate.CertificateWriter;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.zero.ShardedAdamW;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one rank's files of a checkpoint into the folder the coordinator has prepared. The folder
 * becomes a checkpoint only when the coordinator has all parts and adds the manifest.
 *
 * @param folder the prepared folder
 * @param rank the writing rank
 * @param world number of ranks
 */
public record CheckpointParts(Path folder, int rank, int world) {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointParts.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Writes the files, syncs them, and returns their sizes and hashes.
   *
   * @param probes the records that rank 0 certifies the model with; other ranks need none
   * @throws IOException naming the step and the folder, for example when the disk is full
   */
  public List<WrittenFile> write(
      LoadedModel model, ShardedAdamW optimizer, RunConfig config, long steps, List<Probe> probes)
      throws IOException {
    try {
      return files(model, optimizer, config, steps, probes);
    } catch (IOException e) {
      throw new IOException(
          "the checkpoint of step %d can't be written to %s: %s; if the disk is full, free some room or give another --out"
              .formatted(steps, folder, e),
          e);
    }
  }

  private List<WrittenFile> files(
      LoadedModel model, ShardedAdamW optimizer, RunConfig config, long steps, List<Probe> probes)
      throws IOException {
    List<String> names = new ArrayList<>();
    if (rank == 0) {
      names.addAll(model.save(folder));
      names.addAll(certificate(model, probes));
      names.add(text("run.yaml", config.toYaml()));
      names.add(text("trainer_state.json", trainerState(model, config, steps)));
    }
    names.add(optimizerRange(optimizer));
    List<WrittenFile> files = new ArrayList<>();
    for (String name : names) {
      files.add(synced(name));
    }
    return List.copyOf(files);
  }

  private List<String> certificate(LoadedModel model, List<Probe> probes) throws IOException {
    long begin = System.nanoTime();
    List<String> names = CertificateWriter.write(folder, model, probes);
    LOG.info(
        "alignment certificate on {} records in {} ms",
        probes.size(),
        Duration.ofNanos(System.nanoTime() - begin).toMillis());
    return names;
  }

  private String text(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content, StandardCharsets.UTF_8);
    return name;
  }

  /**
   * What resuming needs to know besides weights and moments; where samples are drawn from follows
   * from the steps.
   */
  private String trainerState(LoadedModel model, RunConfig config, long steps) throws IOException {
    ObjectNode state =
        JSON.createObjectNode()
            .put("steps", steps)
            .put("seed", config.seed())
            .put("world_size", world)
            .put("virtual_ranks", config.training().virtualRanks())
            .put("global_batch_size", config.training().globalBatchSize())
            .put("flat_floats", model.tuned().trained().layout().size())
            .put("bucket_floats", config.training().bucketFloats());
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(state) + "\n";
  }

  /**
   * The moments of the owned range; the file says which values of the flat layout they belong to.
   */
  private String optimizerRange(ShardedAdamW optimizer) throws IOException {
    String name = "optimizer-%05d-of-%05d.safetensors".formatted(rank, world);
    long floats = optimizer.owned().floats();
    List<TensorInfo> infos =
        List.of(
            TensorInfo.of("mean", DType.F32, floats),
            TensorInfo.of("mean_square", DType.F32, floats));
    Map<String, String> range =
        Map.of(
            "flat_start",
            Long.toString(optimizer.owned().start()),
            "flat_end",
            Long.toString(optimizer.owned().end()));
    try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(name), infos, range)) {
      writer.write("mean", TensorMemory.of(optimizer.mean()));
      writer.write("mean_square", TensorMemory.of(optimizer.meanSquare()));
      writer.commit();
    }
    return name;
  }

  private WrittenFile synced(String name) throws IOException {
    Path file = folder.resolve(name);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    return new WrittenFile(name, Files.size(file), sha256(file));
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
