package io.lockstep.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * Whether the operating system lets this process open enough files: without, it would end somewhere
 * in between with a class that can't be found.
 */
final class OpenFileLimit {

  /** A worker of a small run has some 140 open, libraries and sockets included. */
  static final long NEEDED = 256;

  private static final long ADVISED = 4096;

  private OpenFileLimit() {}

  /** What is wrong and how to mend it, one line; empty if nothing is. */
  static Optional<String> problem() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? problem(unix.getMaxFileDescriptorCount())
        : Optional.empty();
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
