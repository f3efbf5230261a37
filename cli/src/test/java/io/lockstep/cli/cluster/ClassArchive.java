package io.lockstep.cli.cluster;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * What launched commands map their classes from, made once by {@code bin/class-archive}, which
 * takes jars alone: where other modules are folders of classes, commands start without it.
 */
final class ClassArchive {

  private static final Path OWN = Path.of("target", "classes").toAbsolutePath();
  private static final Path TESTS = Path.of("target", "test-classes").toAbsolutePath();
  private static final Path JAR = Path.of("target", "launched", "cli.jar").toAbsolutePath();
  private static final Path ARCHIVE = JAR.resolveSibling("classes.jsa");

  /** The class path of launched commands. */
  static final String CLASS_PATH;

  /** Options of their JVMs. */
  static final List<String> OPTIONS;

  static {
    List<String> entries =
        new ArrayList<>(List.of(System.getProperty("java.class.path").split(":", -1)));
    entries.removeIf(entry -> entry.isEmpty() || Path.of(entry).equals(TESTS));
    boolean jars =
        entries.stream()
            .map(Path::of)
            .allMatch(entry -> entry.equals(OWN) || Files.isRegularFile(entry));
    if (jars) {
      entries.replaceAll(entry -> Path.of(entry).equals(OWN) ? JAR.toString() : entry);
    }
    CLASS_PATH = String.join(":", entries);
    OPTIONS = jars ? archived() : List.of();
  }

  private ClassArchive() {}

  private static List<String> archived() {
    try {
      Files.createDirectories(JAR.getParent());
      try (FileChannel lock =
          FileChannel.open(
              JAR.resolveSibling("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        lock.lock();
        if (!Files.exists(ARCHIVE) || newest() > Files.getLastModifiedTime(ARCHIVE).toMillis()) {
          pack();
          make();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.of(
        "-Dlockstep.classes=" + ARCHIVE,
        "-XX:SharedArchiveFile=" + ARCHIVE,
        "-Xlog:cds=off",
        "-Xlog:aot=off");
  }

  /** When a class or a jar that launched commands load was last written. */
  private static long newest() throws IOException {
    long newest = 0;
    for (String entry : CLASS_PATH.split(":", -1)) {
      try (Stream<Path> files = Files.walk(entry.equals(JAR.toString()) ? OWN : Path.of(entry))) {
        for (Path each : files.toList()) {
          newest = Math.max(newest, Files.getLastModifiedTime(each).toMillis());
        }
      }
    }
    return newest;
  }

  private static void pack() throws IOException {
    try (OutputStream file = Files.newOutputStream(JAR);
        JarOutputStream jar = new JarOutputStream(file);
        Stream<Path> classes = Files.walk(OWN)) {
      for (Path each : classes.filter(Files::isRegularFile).sorted().toList()) {
        jar.putNextEntry(new JarEntry(OWN.relativize(each).toString()));
        Files.copy(each, jar);
      }
    }
  }

  private static void make() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of("..", "bin", "class-archive").toString(), ARCHIVE.toString(), CLASS_PATH)
            .inheritIO();
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    try {
      int exit = builder.start().waitFor();
      if (exit != 0) {
        throw new IOException("bin/class-archive ended with " + exit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
