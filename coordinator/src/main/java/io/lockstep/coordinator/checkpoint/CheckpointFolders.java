package io.lockstep.coordinator.checkpoint;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The checkpoints of a run folder. A checkpoint is written in {@code .step-00000120.partial} and
 * becomes {@code step-00000120} in one atomic rename, when all files and the manifest are on disk:
 * a folder without the dot is always complete.
 */
public final class CheckpointFolders {

  private static final long MEBIBYTE = 1 << 20;

  private final Path root;
  private final long minFreeBytes;
  private final UsableSpace space;
  private long previousBytes;

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
  public Path prepare(long steps) {
    try {
      Files.createDirectories(root);
      requireRoom(steps);
      Path last = finalFolder(steps);
      if (Files.exists(last)) {
        throw new RunRefusedException(last + " exists already: choose another --out");
      }
      return Files.createDirectory(partialFolder(steps));
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't create the folder for the checkpoint at step " + steps + ": " + describe(error),
          error);
    }
  }

  /**
   * Checks the files, writes the manifest and gives the folder its final name.
   *
   * @param files in the order of their paths
   * @throws RunRefusedException if a file is missing, of another size or not in the list
   */
  public CommittedCheckpoint complete(long steps, List<CheckpointFile> files, boolean last) {
    Path partial = partialFolder(steps);
    try {
      verify(partial, steps, files);
      String manifestSha256 = Manifest.write(partial, steps, files);
      for (Path folder : foldersDeepestFirst(partial)) {
        sync(folder);
      }
      Path target = finalFolder(steps);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      sync(root);
      long bytes = files.stream().mapToLong(CheckpointFile::bytes).sum();
      previousBytes = bytes;
      return new CommittedCheckpoint(steps, target, manifestSha256, bytes, last);
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't complete the checkpoint at step " + steps + ": " + describe(error), error);
    }
  }

  /** Removes the partial folder of a checkpoint, if there is one. */
  public void discard(long steps) {
    Path partial = partialFolder(steps);
    if (!Files.exists(partial)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(partial)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException error) {
      throw new RunRefusedException("can't remove " + partial + ": " + describe(error), error);
    }
  }

  private Path finalFolder(long steps) {
    return root.resolve("step-%08d".formatted(steps));
  }

  private Path partialFolder(long steps) {
    return root.resolve(".step-%08d.partial".formatted(steps));
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
    Set<String> listed = new TreeSet<>();
    for (CheckpointFile file : files) {
      listed.add(file.path());
      Path path = folder.resolve(file.path());
      if (!Files.isRegularFile(path)) {
        problems.add(file.path() + " is missing");
      } else if (Files.size(path) != file.bytes()) {
        problems.add(
            "%s has %d bytes, %d were reported"
                .formatted(file.path(), Files.size(path), file.bytes()));
      }
    }
    for (String present : regularFiles(folder)) {
      if (!listed.contains(present)) {
        problems.add(present + " was reported by no worker");
      }
    }
    if (!problems.isEmpty()) {
      throw new RunRefusedException(
          "the checkpoint at step %d is not as the workers reported it: %s"
              .formatted(steps, String.join(", ", problems)));
    }
  }

  private static Set<String> regularFiles(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile)
          .map(path -> folder.relativize(path).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static List<Path> foldersDeepestFirst(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList();
    }
  }

  /** Makes the names in a folder durable. */
  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static String describe(IOException error) {
    return error.getClass().getSimpleName() + " " + error.getMessage();
  }
}
