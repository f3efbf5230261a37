package io.lockstep.datatools.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that appears complete or not at all: it is filled under a temporary name beside its
 * place and renamed by {@link #publish}. Closing it without publishing removes what was written.
 */
public final class OutputFolder implements AutoCloseable {

  private final Path target;
  private final Path partial;

  private OutputFolder(Path target, Path partial) {
    this.target = target;
    this.partial = partial;
  }

  /**
   * Starts a folder.
   *
   * @throws FileAlreadyExistsException if something is there already, other than an empty folder
   */
  public static OutputFolder create(Path out) throws IOException {
    Path target = out.toAbsolutePath().normalize();
    Path name = target.getFileName();
    Path parent = target.getParent();
    if (name == null || parent == null) {
      throw new FileAlreadyExistsException(
          out.toString(), null, "is the root of a file system; name a new folder");
    }
    if (Files.exists(target) && !isEmptyFolder(target)) {
      throw new FileAlreadyExistsException(
          out.toString(),
          null,
          "is there already and not an empty folder; name a new one or remove it");
    }
    Files.createDirectories(parent);
    long process = ProcessHandle.current().pid();
    Path partial = parent.resolve("." + name + ".partial-" + process);
    Files.createDirectory(partial);
    return new OutputFolder(target, partial);
  }

  private static boolean isEmptyFolder(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(path)) {
      return entries.findAny().isEmpty();
    }
  }

  /** Where to write until {@link #publish}. */
  public Path partial() {
    return partial;
  }

  /** Renames the folder to its final name. */
  public void publish() throws IOException {
    Files.deleteIfExists(target);
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() {
    if (!Files.exists(partial)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(partial)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove the unfinished folder " + partial, e);
    }
  }
}
