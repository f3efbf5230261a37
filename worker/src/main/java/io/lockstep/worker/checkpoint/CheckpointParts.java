package io.lockstep.worker.checkpoint;

import io.lockstep.data.file.FileWrites;
import io.lockstep.model.align.certificate.CertificateWriter;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.align.certificate.Uncertified;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.tensor.Numerics;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.zero.ShardedAdamW;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one rank's files of a checkpoint into the folder the coordinator has prepared. The folder
 * becomes a checkpoint only when the coordinator has all parts and adds the manifest.
 *
 * @param folder the prepared folder
 * @param rank the writing rank; rank 0 writes the model too
 * @param world number of ranks
 * @param skippedSteps of the checkpoint's steps, those that changed no weight
 */
public record CheckpointParts(Path folder, int rank, int world, long skippedSteps) {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointParts.class);

  /** Parts of a checkpoint none of whose steps was skipped. */
  public CheckpointParts(Path folder, int rank, int world) {
    this(folder, rank, world, 0);
  }

  /**
   * Writes the live state: training has to stand still meanwhile. {@link CheckpointWriter} writes a
   * copy instead.
   *
   * @param probes the records that rank 0 certifies the model with; other ranks need none
   * @throws IOException naming the step and the folder, for example when the disk is full
   */
  public List<WrittenFile> write(
      LoadedModel model, ShardedAdamW optimizer, RunConfig config, long steps, List<Probe> probes)
      throws IOException {
    Moments moments =
        new Moments(optimizer.owned().start(), optimizer.mean(), optimizer.meanSquare());
    Parameters trained = rank == 0 ? model.trainable().trained() : null;
    return write(model, trained, moments, config, steps, probes);
  }

  /**
   * Writes the files, syncs them and the folders, and returns their sizes and hashes. The
   * certificate comes last: if it can't be written, the checkpoint is marked as uncertified.
   *
   * @param trained what rank 0 writes; null for other ranks
   */
  List<WrittenFile> write(
      LoadedModel model,
      @Nullable Parameters trained,
      Moments moments,
      RunConfig config,
      long steps,
      List<Probe> probes)
      throws IOException {
    try {
      List<StoredFile> files = new ArrayList<>();
      if (trained != null) {
        files.addAll(modelFiles(model, trained, config, steps));
      }
      files.add(OptimizerFile.write(folder, rank, world, moments));
      if (trained != null) {
        files.addAll(sync(certificate(model, trained, steps, probes)));
      }
      syncFolders(files);
      return files.stream()
          .map(file -> new WrittenFile(file.path(), file.bytes(), file.sha256()))
          .toList();
    } catch (IOException e) {
      throw new IOException(
          "the checkpoint of step %d can't be written to %s: %s"
              .formatted(steps, folder, reason(e)),
          e);
    }
  }

  /** What a failure says that names its file, else its type too. */
  private static String reason(IOException failure) {
    String message = failure.getMessage();
    return message == null || failure instanceof FileSystemException ? failure.toString() : message;
  }

  private List<StoredFile> modelFiles(
      LoadedModel model, Parameters trained, RunConfig config, long steps) throws IOException {
    List<StoredFile> files = new ArrayList<>(model.save(folder, trained));
    List<String> names = new ArrayList<>();
    names.add(text("run.yaml", config.toYaml()));
    TrainerState state =
        new TrainerState(
            steps,
            skippedSteps,
            config.seed(),
            world,
            config.batches().virtualRanks(),
            config.batches().globalBatchSize(),
            trained.layout().size(),
            config.cluster().bucketFloats(),
            Numerics.ofThisProcess());
    names.add(text(TrainerState.FILE_NAME, state.toJson()));
    files.addAll(sync(names));
    return files;
  }

  private List<StoredFile> sync(List<String> names) throws IOException {
    List<StoredFile> files = new ArrayList<>();
    for (String name : names) {
      files.add(StoredFile.sync(folder, name));
    }
    return files;
  }

  private List<String> certificate(
      LoadedModel model, Parameters trained, long steps, List<Probe> probes) throws IOException {
    long begin = System.nanoTime();
    List<String> names;
    try {
      names = CertificateWriter.write(folder, model, trained, probes);
    } catch (IOException | RuntimeException | Error e) {
      if (Thread.currentThread().isInterrupted()) {
        // The whole checkpoint was given up.
        throw e;
      }
      LOG.error(
          "the checkpoint of step {} is saved but UNCERTIFIED: its alignment certificate could not"
              + " be written, and gateways refuse it unless they are started with"
              + " --allow-uncertified",
          steps,
          e);
      return Uncertified.mark(folder, e.toString());
    }
    LOG.info(
        "alignment certificate on {} records in {} ms",
        probes.size(),
        Duration.ofNanos(System.nanoTime() - begin).toMillis());
    return names;
  }

  private String text(String name, String content) throws IOException {
    FileWrites.text(folder.resolve(name), content);
    return name;
  }

  /** Makes the files' names durable, deepest folders first. */
  private void syncFolders(List<StoredFile> files) throws IOException {
    TreeSet<Path> folders = new TreeSet<>();
    for (StoredFile file : files) {
      folders.add(folder.resolve(file.path()).getParent());
    }
    for (Path each : folders.descendingSet()) {
      try (FileChannel channel = FileChannel.open(each, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
