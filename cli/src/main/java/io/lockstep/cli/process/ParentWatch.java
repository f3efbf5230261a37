package io.lockstep.cli.process;

import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a child process when its parent is gone: the parent holds the other end of the child's
 * standard input, which the operating system closes whatever way the parent dies.
 */
public final class ParentWatch {

  /** System property that a parent sets for its children. */
  public static final String PROPERTY = "lockstep.parent.watch";

  private static final Logger LOG = LoggerFactory.getLogger(ParentWatch.class);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final int EXIT_CODE = 1;

  private ParentWatch() {}

  /** Starts watching if this process was started by {@link ProcessGroup}. */
  public static void startIfChild() {
    if (isChild()) {
      // Parent and children alike are sent it by a terminal, and SIGTERM by whoever ends all of a
      // job's or a service's processes; the parent knows what that means to them.
      Signals.ignore("INT");
      Thread.ofPlatform().daemon().name("parent-watch").start(ParentWatch::watch);
    }
  }

  /** Whether this process was started by {@link ProcessGroup}. */
  public static boolean isChild() {
    return Boolean.getBoolean(PROPERTY);
  }

  private static void watch() {
    try {
      while (System.in.read() >= 0) {
        // The parent writes nothing; only the end of the stream has a meaning.
      }
    } catch (IOException e) {
      LOG.debug("standard input failed, which means the same as its end", e);
    }
    LOG.info("the parent has closed its end: stopping");
    Thread exit = Thread.ofPlatform().daemon().start(() -> System.exit(EXIT_CODE));
    try {
      exit.join(GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(EXIT_CODE);
  }
}
