package io.lockstep.cli.command.model;

import io.lockstep.cli.run.Digest;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep digest}. */
@Command(name = "digest", description = "Prints the SHA-256 over a checkpoint's tensors.")
public final class DigestCommand implements Callable<Integer> {

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "The checkpoint's folder.")
  private Path checkpoint = Path.of("");

  @Override
  public Integer call() throws Exception {
    System.out.println("sha256: " + Digest.ofCheckpoint(checkpoint));
    return 0;
  }
}
