package io.lockstep.cli.console;

import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;

/** Failures on standard error, one line each; the stack trace only if asked for. */
public final class ErrorReport {

  private ErrorReport() {}

  /** Prints why a command failed. */
  public static void print(Throwable failure, boolean debug) {
    print(failure, debug, System.err);
  }

  static void print(Throwable failure, boolean debug, PrintStream err) {
    err.println("error: " + oneLine(describe(unwrap(failure))));
    if (debug) {
      failure.printStackTrace(err);
    }
  }

  /** Prints what was wrong with the arguments. */
  public static void printUsageError(String what, CommandLine command) {
    System.err.printf(
        "error: %s; see '%s --help'%n", oneLine(what), command.getCommandSpec().qualifiedName());
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** A defect of ours shows its type and how to learn more; anything else speaks for itself. */
  private static String describe(Throwable failure) {
    String message = failure.getMessage();
    return switch (failure) {
      case NoSuchFileException e -> "no such file or folder: " + e.getFile();
      case FileAlreadyExistsException e when e.getReason() == null ->
          "already exists: " + e.getFile();
      case AccessDeniedException e ->
          "no permission for %s: give this user the right to it, or name another"
              .formatted(e.getFile());
      case DirectoryNotEmptyException e -> "not empty: " + e.getFile();
      case NotDirectoryException e -> "no folder: " + e.getFile();
      case FileSystemException e when e.getFile() != null -> e.getFile() + ": " + reason(e);
      case NullPointerException e -> defect(e);
      case IndexOutOfBoundsException e -> defect(e);
      case ClassCastException e -> defect(e);
      default -> message == null || message.isBlank() ? defect(failure) : message;
    };
  }

  private static String reason(FileSystemException failure) {
    String reason = failure.getReason();
    return reason == null
        ? "failed"
        : reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1);
  }

  private static String defect(Throwable failure) {
    return "unexpected %s; --debug shows where".formatted(failure);
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
