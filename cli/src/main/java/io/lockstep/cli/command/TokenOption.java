package io.lockstep.cli.command;

import io.lockstep.security.BearerToken;
import io.lockstep.security.ClientSecurity;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a command shows to the server that it asks. */
public final class TokenOption {

  @Option(
      names = "--token",
      paramLabel = "FILE",
      defaultValue = "${env:LOCKSTEP_TOKEN_FILE}",
      description =
          "File with the token that the server asks for, read again when it is replaced (or"
              + " LOCKSTEP_TOKEN_FILE).")
  private @Nullable Path token;

  /** How the command's connections are secured. */
  public ClientSecurity with(TlsOptions tls) {
    return new ClientSecurity(tls.open(), Optional.ofNullable(token).map(BearerToken::of));
  }
}
