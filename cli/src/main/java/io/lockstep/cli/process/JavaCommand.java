package io.lockstep.cli.process;

import io.lockstep.cli.console.LogSetup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line that starts another {@code lockstep} process of this same build and JDK. */
final class JavaCommand {

  /** Entry point of every process but a test's. */
  static final String MAIN_CLASS = "io.lockstep.cli.Main";

  private JavaCommand() {}

  /** A process with {@code arguments} and options for its JVM, such as {@code -Xmx512m}. */
  static List<String> of(
      String mainClass, List<String> jvm, Path logFolder, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-XX:+UseSerialGC");
    command.addAll(jvm);
    command.add("-XX:ErrorFile=" + logFolder.resolve("jvm-crash-%p.log"));
    command.addAll(classArchive());
    command.add("-Djava.awt.headless=true");
    command.add("-Dstdout.encoding=UTF-8");
    command.add("-Dstderr.encoding=UTF-8");
    command.addAll(fromEnvironment());
    command.add("-D" + LogSetup.LEVEL_PROPERTY + "=" + (LogSetup.isDebug() ? "DEBUG" : "INFO"));
    command.add("-D" + LogSetup.FORMAT_PROPERTY + "=" + LogSetup.format());
    command.add("-D" + ParentWatch.PROPERTY + "=true");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }

  /** The archive that this process maps its classes from serves its children, too. */
  private static List<String> classArchive() {
    String archive = System.getProperty("lockstep.classes");
    return archive == null
        ? List.of()
        : List.of(
            "-Dlockstep.classes=" + archive,
            "-XX:SharedArchiveFile=" + archive,
            "-Xlog:cds=off",
            "-Xlog:aot=off");
  }

  /** The options that the launcher takes from the environment hold for child processes, too. */
  private static List<String> fromEnvironment() {
    String options = System.getenv("LOCKSTEP_JAVA_OPTS");
    return options == null || options.isBlank()
        ? List.of()
        : List.of(options.strip().split("\\s+"));
  }
}
