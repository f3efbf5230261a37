package io.lockstep.cli.console;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.FilterReply;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Logging to standard error: warnings from commands, everything of ours from level INFO from the
 * long-running processes, whose standard error is their log.
 *
 * <p>A worker's lines say its rank, from its first membership on. The system property {@value
 * #LEVEL_PROPERTY} sets our level; lines are text, or JSON objects if {@value #FORMAT_PROPERTY} or
 * the environment's {@value #FORMAT_VARIABLE} says so. Found by logback as a service; takes the
 * place of a configuration file because reading XML costs start-up time.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {

  /** Level for {@code io.lockstep}: DEBUG, INFO, WARN (default) or ERROR. */
  public static final String LEVEL_PROPERTY = "lockstep.log.level";

  /** How lines are written, in the processes that are started from here, too. */
  public static final String FORMAT_PROPERTY = "lockstep.log.format";

  private static final String FORMAT_VARIABLE = "LOCKSTEP_LOG_FORMAT";

  /** How lines are written. */
  public enum Format {
    /** A line of text each. */
    TEXT,
    /** An object of JSON each, on a line of its own. */
    JSON
  }

  /** What stands before a line's origin, once this process has a rank in a run; in JSON, a key. */
  private static final String RANK = "rank";

  /** The run's name: a key in JSON alone. */
  private static final String RUN = "run";

  private static final String CONSOLE = "console";

  private static final String OURS = "io.lockstep";

  /**
   * gRPC logs through the JDK. It warns, over many lines, of what strangers send to a port; what
   * ends a call of ours is said by whoever made it. Held here because levels of loggers that nobody
   * holds are forgotten.
   */
  private static final java.util.logging.Logger GRPC =
      java.util.logging.Logger.getLogger("io.grpc");

  /** Marks every line from now on with this process's run and its rank in it. */
  public static void rank(String run, int rank) {
    run(run);
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.putProperty(RANK, isJson() ? Integer.toString(rank) : "[rank %d] ".formatted(rank));
    }
  }

  /** Marks every object from now on with the run that this process works for. */
  public static void run(String name) {
    if (isJson() && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.putProperty(RUN, name);
    }
  }

  /** Writes lines in this format from now on, in the processes that are started from here, too. */
  public static void format(Format format) {
    System.setProperty(FORMAT_PROPERTY, format.name());
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
        && context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender(CONSOLE)
            instanceof ConsoleAppender<ILoggingEvent> appender) {
      appender.stop();
      appender.setEncoder(encoder(context));
      appender.start();
    }
  }

  /** How lines are written; text where nobody says otherwise. */
  public static Format format() {
    return Stream.of(Format.values())
        .filter(format -> format.name().equalsIgnoreCase(asked()))
        .findFirst()
        .orElse(Format.TEXT);
  }

  /** What is wrong with the format that the environment asks for, one line. */
  public static Optional<String> formatProblem() {
    String asked = asked();
    return asked.isEmpty() || format().name().equalsIgnoreCase(asked)
        ? Optional.empty()
        : Optional.of("%s is '%s': use text or json".formatted(FORMAT_VARIABLE, asked));
  }

  private static String asked() {
    String asked = System.getProperty(FORMAT_PROPERTY, System.getenv(FORMAT_VARIABLE));
    return asked == null ? "" : asked.strip();
  }

  private static boolean isJson() {
    return format() == Format.JSON;
  }

  private static Encoder<ILoggingEvent> encoder(LoggerContext context) {
    Encoder<ILoggingEvent> encoder = isJson() ? json() : text(context);
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    context.putProperty(RANK, "");
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %property{" + RANK + "}%logger{0}: %msg%n");
    return encoder;
  }

  /** Logback's own; run and rank are properties of its context. */
  private static Encoder<ILoggingEvent> json() {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setWithSequenceNumber(false);
    encoder.setWithNanoseconds(false);
    encoder.setWithMarkers(false);
    encoder.setWithMDC(false);
    encoder.setWithKVPList(false);
    encoder.setWithArguments(false);
    encoder.setWithMessage(false);
    encoder.setWithFormattedMessage(true);
    return encoder;
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
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setName(CONSOLE);
    appender.setEncoder(encoder(context));
    appender.addFilter(new NoStrangers());
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

  /**
   * Leaves out the stack traces by which the gateway's library tells of each connection that speaks
   * neither TLS nor HTTP: strangers would fill the log. Metrics count them, and handshakes that
   * fail are told in a line.
   */
  private static final class NoStrangers extends Filter<ILoggingEvent> {

    private static final Set<String> LIBRARY =
        Set.of(
            "com.linecorp.armeria.server.HttpServerPipelineConfigurator",
            "com.linecorp.armeria.internal.common.AbstractHttp2ConnectionHandler");

    @Override
    public FilterReply decide(ILoggingEvent event) {
      boolean stranger =
          event.getThrowableProxy() != null
              && event.getLevel().equals(Level.WARN)
              && LIBRARY.contains(event.getLoggerName());
      return stranger ? FilterReply.DENY : FilterReply.NEUTRAL;
    }
  }
}
