package io.lockstep.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Whether the operating system lets this process open enough files: without, it would end somewhere
 * in between with a class that can't be found.
 */
final class OpenFileLimit {

  /** A worker of a small run has some 140 open, libraries and sockets included. */
  static final long NEEDED = 256;

  private static final long ADVISED = 4096;

  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String OPEN_FILES = "Max open files";

  private OpenFileLimit() {}

  /** What is wrong and how to mend it, one line; empty if nothing is. */
  static Optional<String> problem() {
    OptionalLong known = ofLinux();
    if (known.isPresent()) {
      return problem(known.getAsLong());
    }
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? problem(unix.getMaxFileDescriptorCount())
        : Optional.empty();
  }

  /** What Linux says, which is quicker to read than Java's beans are loaded; empty elsewhere. */
  private static OptionalLong ofLinux() {
    try (Stream<String> lines = Files.lines(LIMITS)) {
      return lines
          .filter(line -> line.startsWith(OPEN_FILES))
          .map(line -> line.substring(OPEN_FILES.length()).strip().replaceFirst("\\s.*", ""))
          .mapToLong(limit -> limit.equals("unlimited") ? -1 : Long.parseLong(limit))
          .findFirst();
    } catch (IOException | UncheckedIOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The same for a limit; a negative one is none. */
  static Optional<String> problem(long limit) {
    return limit < 0 || limit >= NEEDED
        ? Optional.empty()
        : Optional.of(
            "this process may open %d files at once, %d are needed: run 'ulimit -n %d' first, or raise the hard limit of the user or the service"
                .formatted(limit, NEEDED, ADVISED));
  }
}
