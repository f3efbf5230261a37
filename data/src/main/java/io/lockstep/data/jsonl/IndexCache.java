package io.lockstep.data.jsonl;

import java.nio.file.Path;

/**
 * Where the line indices of large files are kept, so that they are built once and shared by all
 * processes of a machine.
 *
 * @param folder created when it is needed
 * @param fromBytes files from this size on have one; smaller ones are scanned whenever they are
 *     opened, which takes no longer
 */
public record IndexCache(Path folder, long fromBytes) {

  /** A file of this size is scanned in less time than a process starts. */
  private static final long FROM_BYTES = 64L << 20;

  /**
   * That of this machine: {@code $LOCKSTEP_CACHE_DIR/index}, or {@code ~/.cache/lockstep/index}.
   */
  public static IndexCache ofMachine() {
    String named = System.getenv("LOCKSTEP_CACHE_DIR");
    Path root =
        named == null || named.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache", "lockstep")
            : Path.of(named);
    return new IndexCache(root.resolve("index"), FROM_BYTES);
  }
}
