package io.lockstep.cli.command;

import io.lockstep.data.file.FileWrites;
import io.lockstep.security.AcceptedTokens;
import io.lockstep.security.BearerToken;
import io.lockstep.security.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep token}. */
@Command(
    name = "token",
    description = {
      "Makes a token by which a client is known to coordinators and gateways.",
      "The token itself goes into one file, for --token; servers get a line of their file of"
          + " --tokens, from which nobody learns the token."
    })
public final class TokenCommand implements Callable<Integer> {

  private static final Pattern NAME = Pattern.compile("[^\\s*]*\\*?");

  @Option(
      names = "--scopes",
      required = true,
      paramLabel = "SCOPES",
      description =
          "What it allows, with commas between: train (be a worker), infer (follow checkpoints, ask"
              + " a gateway), admin (drain a run).")
  private String scopes = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "*",
      description =
          "Name that a worker with it may have; a * at the end stands for any rest (default: any).")
  private String name = "*";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "New file for the token, which only this user can read.")
  private Path out = Path.of("");

  @Option(
      names = "--accept",
      paramLabel = "FILE",
      description = "Add the line to this file of tokens (default: print it).")
  private @Nullable Path accept;

  @Override
  public Integer call() throws IOException {
    Set<Scope> allowed = AcceptedTokens.scopes(scopes, "--scopes");
    if (name.isEmpty() || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "--name is '" + name + "': write a name without blanks, with at most one * at its end");
    }
    String token = BearerToken.random();
    Files.createFile(
        out, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    FileWrites.text(out, token + "\n", StandardOpenOption.WRITE);
    String line = AcceptedTokens.line(allowed, name, token);
    if (accept == null) {
      System.out.println(line);
    } else {
      FileWrites.text(accept, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
    return 0;
  }
}
