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
 * <p>The system property {@value #LEVEL_PROPERTY} sets our level. Found by logback as a service;
 * takes the place of a configuration file because reading XML costs start-up time.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {

  /** Level for {@code io.lockstep}: DEBUG, INFO, WARN (default) or ERROR. */
  public static final String LEVEL_PROPERTY = "lockstep.log.level";

  /**
   * Turns on level INFO for a process that serves, unless a level was asked for: whoever starts it
   * by hand sees what it does.
   */
  public static void atLeastInfo() {
    if (System.getProperty(LEVEL_PROPERTY) == null
        && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger("io.lockstep").setLevel(Level.INFO);
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n");
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    context
        .getLogger("io.lockstep")
        .setLevel(Level.toLevel(System.getProperty(LEVEL_PROPERTY), Level.WARN));
    // It warns on every machine without a GPU that there is none.
    context.getLogger("ai.djl.util.cuda").setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
