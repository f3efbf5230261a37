package io.lockstep.coordinator.checkpoint;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.checkpoint.CheckpointVerifier.Expected;
import io.lockstep.coordinator.checkpoint.CheckpointVerifier.Verdict;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import io.lockstep.data.file.CheckpointManifest;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.file.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a run folder. A checkpoint is written in {@code
 * .step-00000120.<attempt>.partial} and becomes {@code step-00000120} in one atomic rename, when
 * all files and the manifest are on disk; one that is deleted loses that name first. A folder
 * without the dot is therefore complete.
 *
 * <p>Every attempt has a folder of its own, so that a worker that counts as lost and still writes
 * can't change the files of another attempt.
 */
public final class CheckpointFolders {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolders.class);
  private static final long MEBIBYTE = 1 << 20;

  private final Path root;
  private final long minFreeBytes;
  private final UsableSpace space;
  private final Map<CheckpointAttempt, Path> partials = new HashMap<>();
  private @Nullable String run;
  private long previousBytes;

  /**
   * A checkpoint that can't be used.
   *
   * @param problem what is wrong with it, naming files, one line
   */
  public record Rejected(long steps, Path dir, String problem) {}

  /**
   * What a run can go on from.
   *
   * @param chosen the newest intact checkpoint; empty if there is none
   * @param rejected newer ones that are damaged, newest first
   */
  public record Choice(Optional<StoredCheckpoint> chosen, List<Rejected> rejected) {
    public Choice {
      rejected = List.copyOf(rejected);
    }
  }

  /**
   * Checkpoints below {@code runFolder/checkpoints}.
   *
   * @param minFreeBytes room asked for before the first checkpoint's size is known
   */
  public CheckpointFolders(Path runFolder, long minFreeBytes, UsableSpace space) {
    this.root = runFolder.resolve("checkpoints");
    this.minFreeBytes = minFreeBytes;
    this.space = space;
  }

  /**
   * Creates the empty folder for a checkpoint.
   *
   * @return the folder, absolute
   * @throws RunRefusedException if the disk has too little room or the folder can't be created
   */
  public Path prepare(CheckpointAttempt attempt) {
    long steps = attempt.steps();
    try {
      Files.createDirectories(root);
      requireRoom(steps);
      Path last = finalFolder(steps);
      if (Files.exists(last)) {
        throw new RunRefusedException(last + " exists already: choose another --out");
      }
      Path partial = Files.createDirectory(FolderNames.partial(root, steps));
      partials.put(attempt, partial);
      return partial;
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't create the folder for the checkpoint at step " + steps + ": " + describe(error),
          error);
    }
  }

  /** The same without a known loss. */
  public CommittedCheckpoint complete(
      CheckpointAttempt attempt, List<CheckpointFile> files, boolean last) {
    return complete(attempt, files, last, Optional.empty());
  }

  /**
   * Checks the files, writes the manifest and gives the folder its final name.
   *
   * @param files in the order of their paths
   * @param meanLoss mean training loss per token over the steps since the checkpoint before, by
   *     which the best are kept
   * @throws RunRefusedException if a file is missing, of another size or not in the list
   */
  public CommittedCheckpoint complete(
      CheckpointAttempt attempt,
      List<CheckpointFile> files,
      boolean last,
      Optional<Double> meanLoss) {
    long steps = attempt.steps();
    Path partial = partials.get(attempt);
    if (partial == null) {
      throw new IllegalStateException("no folder was prepared for step " + steps);
    }
    try {
      verify(partial, steps, files);
      Double loss = meanLoss.filter(Double::isFinite).orElse(null);
      String manifestSha256 = writeManifest(partial, steps, loss, files);
      for (Path folder : DurableFolders.foldersDeepestFirst(partial)) {
        DurableFolders.sync(folder);
      }
      Path target = finalFolder(steps);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      DurableFolders.sync(root);
      partials.remove(attempt);
      long bytes = files.stream().mapToLong(CheckpointFile::bytes).sum();
      previousBytes = bytes;
      return new CommittedCheckpoint(steps, target, manifestSha256, bytes, last);
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't complete the checkpoint at step " + steps + ": " + describe(error), error);
    }
  }

  /** Writes and syncs the manifest; returns its SHA-256. */
  private String writeManifest(
      Path folder, long steps, @Nullable Double loss, List<CheckpointFile> files)
      throws IOException {
    List<CheckpointManifest.Entry> entries =
        files.stream()
            .map(file -> new CheckpointManifest.Entry(file.path(), file.bytes(), file.sha256()))
            .toList();
    byte[] json = new CheckpointManifest(steps, runId(), loss, entries).toJson();
    FileWrites.durable(folder.resolve(CheckpointManifest.FILE_NAME), json);
    return Sha256.of(json);
  }

  /** Whether the model's alignment certificate could be written. */
  private static boolean isCertified(CheckpointManifest manifest) {
    return manifest.files().stream()
        .noneMatch(file -> file.path().equals(CheckpointFile.UNCERTIFIED));
  }

  /**
   * Copies another run's checkpoint, which becomes one of this run.
   *
   * @param source its folder, of which every byte is verified
   * @throws RunRefusedException if it is damaged, naming the files, or can't be copied
   */
  public CommittedCheckpoint adopt(Path source) {
    try {
      Path folder = source.toAbsolutePath().normalize();
      StoredCheckpoint stored =
          switch (CheckpointVerifier.verify(folder, Expected.ANYTHING)) {
            case Verdict.Intact(StoredCheckpoint intact) -> intact;
            case Verdict.Damaged(String problem) ->
                throw new RunRefusedException(
                    "checkpoint " + folder + " can't be gone on from: " + problem);
          };
      CheckpointManifest manifest =
          CheckpointManifest.parse(
              Files.readAllBytes(folder.resolve(CheckpointManifest.FILE_NAME)));
      CheckpointAttempt attempt = new CheckpointAttempt(stored.steps(), 0);
      Path partial = prepare(attempt);
      List<CheckpointFile> files = new ArrayList<>();
      for (CheckpointManifest.Entry entry : manifest.files()) {
        DurableFolders.copy(folder.resolve(entry.path()), partial.resolve(entry.path()));
        files.add(new CheckpointFile(entry.path(), entry.bytes(), entry.sha256()));
      }
      return complete(attempt, files, false, stored.meanLoss());
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't copy checkpoint " + source + ": " + describe(error), error);
    }
  }

  /** Removes the partial folder of a checkpoint, if there is one. */
  public void discard(CheckpointAttempt attempt) {
    Path partial = partials.remove(attempt);
    if (partial != null && Files.exists(partial)) {
      remove(partial);
    }
  }

  /**
   * Removes checkpoints that a coordinator that died was writing or deleting. Called when no worker
   * writes to them any more.
   *
   * @return one line for each of them
   */
  public List<String> removeLeftovers() {
    List<String> notices = new ArrayList<>();
    for (Path path : entries()) {
      if (FolderNames.isLeftover(path) && !partials.containsValue(path)) {
        remove(path);
        notices.add("removed " + path + ", which was not written or not deleted to its end");
      }
    }
    return List.copyOf(notices);
  }

  /**
   * The newest checkpoint whose files are as its manifest says, and the newer ones that are
   * damaged.
   *
   * @param registered SHA-256 of the manifests as the run's journal has them, by steps; a
   *     checkpoint that isn't among them was completed just before the coordinator died
   */
  public Choice newestValid(Map<Long, String> registered) {
    List<Rejected> rejected = new ArrayList<>();
    for (long steps : completeSteps().reversed()) {
      Choice choice = onlyIfValid(steps, registered);
      if (choice.chosen().isPresent()) {
        return new Choice(choice.chosen(), rejected);
      }
      rejected.addAll(choice.rejected());
    }
    return new Choice(Optional.empty(), rejected);
  }

  private Choice onlyIfValid(long steps, Map<Long, String> registered) {
    Path dir = finalFolder(steps);
    Expected expected =
        new Expected(
            Optional.of(steps), Optional.of(runId()), Optional.ofNullable(registered.get(steps)));
    try {
      return switch (CheckpointVerifier.verify(dir, expected)) {
        case Verdict.Intact(StoredCheckpoint checkpoint) ->
            new Choice(Optional.of(checkpoint), List.of());
        case Verdict.Damaged(String problem) -> rejected(steps, dir, problem);
      };
    } catch (IOException error) {
      return rejected(steps, dir, "can't be read: " + describe(error));
    }
  }

  private static Choice rejected(long steps, Path dir, String problem) {
    return new Choice(Optional.empty(), List.of(new Rejected(steps, dir, problem)));
  }

  /**
   * Compares the folder with the journal of a coordinator that died. A checkpoint that has its
   * final name but no entry counts; one of steps that the journal lacks is set aside, and so is a
   * damaged one.
   *
   * @param registered steps of the checkpoints in the journal
   * @param committed steps in the journal
   * @return the intact checkpoints that the journal lacks, oldest first
   */
  public List<StoredCheckpoint> unregistered(Set<Long> registered, long committed) {
    List<StoredCheckpoint> found = new ArrayList<>();
    for (long steps : completeSteps()) {
      if (!registered.contains(steps)) {
        Choice choice = onlyIfValid(steps, Map.of());
        Optional<StoredCheckpoint> intact = choice.chosen().filter(_ -> steps <= committed);
        if (intact.isPresent()) {
          found.add(intact.get());
        } else {
          Path aside = setAside(new Rejected(steps, finalFolder(steps), "not in the journal"));
          LOG.warn(
              "the checkpoint at step {} is not in the journal, which has {} steps: it is now {}"
                  + " {}",
              steps,
              committed,
              aside,
              choice.rejected());
        }
      }
    }
    return found;
  }

  /**
   * Renames a damaged checkpoint to a name that isn't a checkpoint's, so that the run can save that
   * step again; a person may look at it or delete it.
   *
   * @return where it is now
   */
  public Path setAside(Rejected damaged) {
    try {
      Path target = FolderNames.damaged(root, damaged.steps());
      Files.move(damaged.dir(), target, StandardCopyOption.ATOMIC_MOVE);
      DurableFolders.sync(root);
      return target;
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't set aside " + damaged.dir() + ": " + describe(error), error);
    }
  }

  /**
   * Deletes the complete checkpoints that are not to be kept.
   *
   * @param costs by which they are compared, by steps; without it the training loss in their
   *     manifests counts
   * @return the steps of those that are gone, ascending
   */
  public List<Long> retain(Retention retention, Optional<Map<Long, Double>> costs) {
    List<Long> superfluous = retention.superfluous(candidates(costs));
    superfluous.forEach(steps -> remove(finalFolder(steps)));
    return superfluous;
  }

  /**
   * What is known of the complete checkpoints, oldest first.
   *
   * @param costs as for {@link #retain}
   */
  public List<Retention.Candidate> candidates(Optional<Map<Long, Double>> costs) {
    List<Retention.Candidate> candidates = new ArrayList<>();
    for (long steps : completeSteps()) {
      try {
        byte[] json = Files.readAllBytes(finalFolder(steps).resolve(CheckpointManifest.FILE_NAME));
        CheckpointManifest manifest = CheckpointManifest.parse(json);
        Optional<Double> cost =
            costs.isPresent()
                ? Optional.ofNullable(costs.get().get(steps))
                : Optional.ofNullable(manifest.meanLoss());
        candidates.add(new Retention.Candidate(steps, cost, isCertified(manifest)));
      } catch (IOException error) {
        LOG.warn(
            "the folder of step {} has no readable manifest: it is left for a person to look at",
            steps,
            error);
      }
    }
    return candidates;
  }

  /** The steps of folders that have a checkpoint's name, ascending. */
  private List<Long> completeSteps() {
    return entries().stream().flatMap(path -> FolderNames.steps(path).stream()).sorted().toList();
  }

  private List<Path> entries() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries.sorted().toList();
    } catch (IOException error) {
      throw new RunRefusedException("can't list " + root + ": " + describe(error), error);
    }
  }

  private void remove(Path folder) {
    try {
      DurableFolders.delete(root, folder, FolderNames.deleting(root, folder));
    } catch (IOException error) {
      throw new RunRefusedException("can't remove " + folder + ": " + describe(error), error);
    }
  }

  /** The run's identity, by which its checkpoints are told from those of other runs. */
  private String runId() {
    String known = run;
    if (known == null) {
      try {
        known = RunIdentity.of(root);
      } catch (IOException error) {
        throw new RunRefusedException(
            "can't read or write " + root.resolve(RunIdentity.FILE_NAME) + ": " + describe(error),
            error);
      }
      run = known;
    }
    return known;
  }

  private Path finalFolder(long steps) {
    return FolderNames.complete(root, steps);
  }

  private void requireRoom(long steps) throws IOException {
    long needed = Math.max(minFreeBytes, previousBytes);
    long free = space.bytes(root);
    if (free < needed) {
      throw new RunRefusedException(
          "no room for the checkpoint at step %d: %s has %d MiB free, %d MiB are needed; free some space or choose an --out on another disk"
              .formatted(steps, root, free / MEBIBYTE, Math.ceilDiv(needed, MEBIBYTE)));
    }
  }

  private static void verify(Path folder, long steps, List<CheckpointFile> files)
      throws IOException {
    List<String> problems = new ArrayList<>();
    List<String> misreported = new ArrayList<>();
    Set<String> listed = new TreeSet<>();
    for (CheckpointFile file : files) {
      listed.add(file.path());
      Path path = folder.resolve(file.path());
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        problems.add(file.path() + " is missing");
        misreported.add(file.path());
      } else if (Files.size(path) != file.bytes()) {
        problems.add(
            "%s has %d bytes, %d were reported"
                .formatted(file.path(), Files.size(path), file.bytes()));
        misreported.add(file.path());
      }
    }
    for (String present : regularFiles(folder)) {
      if (!listed.contains(present)) {
        problems.add(present + " was reported by no worker");
      }
    }
    if (!problems.isEmpty()) {
      throw new MisreportedException(
          "the checkpoint at step %d is not as the workers reported it: %s"
              .formatted(steps, String.join(", ", problems)),
          misreported);
    }
  }

  private static Set<String> regularFiles(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .map(path -> folder.relativize(path).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static String describe(IOException error) {
    return error.getClass().getSimpleName() + " " + error.getMessage();
  }

  /**
   * A complete checkpoint on the disk.
   *
   * @param steps committed steps it holds
   * @param dir its folder
   * @param manifestSha256 SHA-256 of its manifest, lower-case hexadecimal
   * @param bytes size of all files in the manifest
   * @param meanLoss mean training loss per token over the steps since the checkpoint before, in
   *     nats, if it is known
   */
  public record StoredCheckpoint(
      long steps, Path dir, String manifestSha256, long bytes, Optional<Double> meanLoss) {}

  /** How much room a folder's disk has. */
  @FunctionalInterface
  public interface UsableSpace {

    /** As the file system reports it. */
    UsableSpace OF_DISK = folder -> Files.getFileStore(folder).getUsableSpace();

    /** Bytes that this process may still write below {@code folder}. */
    long bytes(Path folder) throws IOException;
  }
}
