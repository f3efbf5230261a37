package io.lockstep.cli.console;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;

/**
 * Logging to standard error: warnings from commands, everything of ours from level INFO from the
 * long-running processes, whose standard error is their log.
 *
 * <p>A worker's lines say its rank, from its first membership on. The system property {@value
 * #LEVEL_PROPERTY} sets our level. Found by logback as a service; takes the place of a
 * configuration file because reading XML costs start-up time.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {

  /** Level for {@code io.lockstep}: DEBUG, INFO, WARN (default) or ERROR. */
  public static final String LEVEL_PROPERTY = "lockstep.log.level";

  /** What stands before a line's origin, once this process has a rank in a run. */
  private static final String RANK = "rank";

  private static final String OURS = "io.lockstep";

  /**
   * gRPC logs through the JDK. It warns, over many lines, of what strangers send to a port; what
   * ends a call of ours is said by whoever made it. Held here because levels of loggers that nobody
   * holds are forgotten.
   */
  private static final java.util.logging.Logger GRPC =
      java.util.logging.Logger.getLogger("io.grpc");

  /** Marks every line from now on with the rank that this process has in its run. */
  public static void rank(int rank) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.putProperty(RANK, "[rank %d] ".formatted(rank));
    }
  }

  /** Turns on level DEBUG, in the processes that are started from here, too. */
  public static void debug() {
    System.setProperty(LEVEL_PROPERTY, Level.DEBUG.toString());
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(OURS).setLevel(Level.DEBUG);
    }
  }

  /** Whether level DEBUG was asked for, here or by the process that started this one. */
  public static boolean isDebug() {
    return Level.DEBUG.toString().equalsIgnoreCase(System.getProperty(LEVEL_PROPERTY));
  }

  /**
   * Turns on level INFO for a process that serves, unless a level was asked for: whoever starts it
   * by hand sees what it does.
   */
  public static void atLeastInfo() {
    if (System.getProperty(LEVEL_PROPERTY) == null
        && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(OURS).setLevel(Level.INFO);
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    context.putProperty(RANK, "");
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %property{" + RANK + "}%logger{0}: %msg%n");
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    context.getLogger(OURS).setLevel(Level.toLevel(System.getProperty(LEVEL_PROPERTY), Level.WARN));
    // It warns on every machine without a GPU that there is none.
    context.getLogger("ai.djl.util.cuda").setLevel(Level.ERROR);
    GRPC.setLevel(java.util.logging.Level.SEVERE);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
