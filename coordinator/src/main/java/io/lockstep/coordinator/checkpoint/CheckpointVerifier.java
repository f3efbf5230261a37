package io.lockstep.coordinator.checkpoint;

import io.lockstep.data.file.CheckpointManifest;
import io.lockstep.data.file.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Compares a checkpoint with its manifest: all bytes of all files, and that there are no others.
 */
public final class CheckpointVerifier {

  private static final int SHOWN_PROBLEMS = 10;

  private CheckpointVerifier() {}

  /** The result. */
  public sealed interface Verdict {

    /** Everything is as it was written. */
    record Intact(CheckpointFolders.StoredCheckpoint checkpoint) implements Verdict {}

    /**
     * Something is not.
     *
     * @param problem naming the files, one line
     */
    record Damaged(String problem) implements Verdict {}
  }

  /**
   * What a manifest has to hold besides the right digests of the files; absent parts are not
   * checked.
   *
   * @param steps committed steps
   * @param run the run that wrote it
   * @param manifestSha256 its own SHA-256 as it was registered
   */
  public record Expected(
      Optional<Long> steps, Optional<String> run, Optional<String> manifestSha256) {

    /** Any checkpoint of any run. */
    public static final Expected ANYTHING =
        new Expected(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * Verifies a folder.
   *
   * @throws IOException if a file can't be read, which is not to say that it is damaged
   */
  public static Verdict verify(Path folder, Expected expected) throws IOException {
    Path file = folder.resolve(CheckpointManifest.FILE_NAME);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return new Verdict.Damaged(
          CheckpointManifest.FILE_NAME + " is missing: the checkpoint was not written to its end");
    }
    if (Files.size(file) > CheckpointManifest.MAX_BYTES) {
      return new Verdict.Damaged(
          CheckpointManifest.FILE_NAME
              + " has more than "
              + CheckpointManifest.MAX_BYTES
              + " bytes");
    }
    byte[] json = Files.readAllBytes(file);
    String sha256 = Sha256.of(json);
    CheckpointManifest manifest;
    try {
      manifest = CheckpointManifest.parse(json);
    } catch (IOException e) {
      return new Verdict.Damaged(CheckpointManifest.FILE_NAME + " " + e.getMessage());
    }
    List<String> problems = new ArrayList<>(identity(manifest, sha256, expected));
    if (problems.isEmpty()) {
      problems.addAll(contents(folder, manifest));
    }
    if (problems.isEmpty()) {
      return new Verdict.Intact(
          new CheckpointFolders.StoredCheckpoint(
              manifest.steps(), folder, sha256, bytes(manifest), loss(manifest)));
    }
    int more = problems.size() - SHOWN_PROBLEMS;
    String shown =
        String.join("; ", problems.subList(0, Math.min(problems.size(), SHOWN_PROBLEMS)));
    return new Verdict.Damaged(more > 0 ? shown + "; and " + more + " problems more" : shown);
  }

  private static List<String> identity(
      CheckpointManifest manifest, String sha256, Expected expected) {
    List<String> problems = new ArrayList<>();
    expected
        .manifestSha256()
        .filter(registered -> !registered.equals(sha256))
        .ifPresent(registered ->
            problems.add(
                "%s has SHA-256 %s, the run registered %s"
                    .formatted(CheckpointManifest.FILE_NAME, sha256, registered)));
    expected
        .steps()
        .filter(steps -> steps != manifest.steps())
        .ifPresent(steps ->
            problems.add(
                "%s is that of step %d, not of step %d"
                    .formatted(CheckpointManifest.FILE_NAME, manifest.steps(), steps)));
    expected
        .run()
        .filter(run -> !run.equals(manifest.run()))
        .ifPresent(run ->
            problems.add(
                "%s is that of run %s, this is run %s"
                    .formatted(CheckpointManifest.FILE_NAME, manifest.run(), run)));
    return problems;
  }

  private static List<String> contents(Path folder, CheckpointManifest manifest)
      throws IOException {
    List<String> problems = new ArrayList<>();
    Path root = folder.toAbsolutePath().normalize();
    Set<String> listed = new TreeSet<>(Set.of(CheckpointManifest.FILE_NAME));
    for (CheckpointManifest.Entry entry : manifest.files()) {
      listed.add(entry.path());
      entry.problem(root, LinkOption.NOFOLLOW_LINKS).ifPresent(problems::add);
    }
    try (Stream<Path> tree = Files.walk(root)) {
      tree.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .map(path -> root.relativize(path).toString())
          .filter(path -> !listed.contains(path))
          .sorted()
          .forEach(path -> problems.add(path + " is not in " + CheckpointManifest.FILE_NAME));
    }
    return Collections.unmodifiableList(problems);
  }

  private static long bytes(CheckpointManifest manifest) {
    return manifest.files().stream().mapToLong(CheckpointManifest.Entry::bytes).sum();
  }

  private static Optional<Double> loss(CheckpointManifest manifest) {
    return Optional.ofNullable(manifest.meanLoss());
  }
}
