package io.lockstep.coordinator.checkpoint;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Changes of folders that are atomic, also in a power cut. */
final class DurableFolders {

  private DurableFolders() {}

  /** Makes the names in a folder durable. */
  static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static List<Path> foldersDeepestFirst(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .sorted(Comparator.reverseOrder())
          .toList();
    }
  }

  /** Copies a file, and its folder if it isn't there, so that its content is durable. */
  static void copy(Path file, Path target) throws IOException {
    Path folder = target.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    FileWrites.copy(file, target);
    try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /**
   * Deletes a folder below {@code root}: renames it to {@code meanwhile} first, so that writes by
   * its old name fail.
   */
  static void delete(Path root, Path folder, Path meanwhile) throws IOException {
    Files.move(folder, meanwhile, StandardCopyOption.ATOMIC_MOVE);
    sync(root);
    try (Stream<Path> tree = Files.walk(meanwhile)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
