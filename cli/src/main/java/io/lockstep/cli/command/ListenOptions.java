package io.lockstep.cli.command;

import io.lockstep.cli.console.UsageError;
import io.lockstep.security.AcceptedTokens;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TransportSecurity;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a server listens. */
public final class ListenOptions {

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      converter = Numbers.Port.class,
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Port to listen on; 0, the default, takes a free one.")
  private int port;

  @Option(
      names = "--port-file",
      paramLabel = "FILE",
      description = "Write the port into this file once the server is ready.")
  private @Nullable Path portFile;

  @Option(
      names = "--allow-remote",
      description =
          "Accept a --host that other machines can reach although nothing secures it: no TLS, or"
              + " neither tokens nor certificates of clients.")
  private boolean allowRemote;

  @Option(
      names = "--tls-client-auth",
      description = "Ask clients for a certificate of the authorities in --tls-ca.")
  private boolean clientCertificates;

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description =
          "Ask clients for a token: those in this file are accepted. 'lockstep token' makes one;"
              + " the file is read again when it is replaced.")
  private @Nullable Path tokens;

  /** These options as somebody would write them, those left at their defaults left out. */
  public String given() {
    return (host.equals("127.0.0.1") ? "" : " --host " + host)
        + (port == 0 ? "" : " --port " + port)
        + (portFile == null ? "" : " --port-file " + portFile)
        + (allowRemote ? " --allow-remote" : "")
        + (clientCertificates ? " --tls-client-auth" : "")
        + (tokens == null ? "" : " --tokens " + tokens);
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  public @Nullable Path portFile() {
    return portFile;
  }

  /**
   * Where to listen, secured as these options say.
   *
   * @throws io.lockstep.security.CredentialException naming a file that can't be used
   */
  public ListenAddress address(TlsOptions tls) {
    Optional<TransportSecurity> own = tls.open();
    ServerSecurity security =
        new ServerSecurity(
            own, clientCertificates, Optional.ofNullable(tokens).map(AcceptedTokens::of));
    if (clientCertificates && own.isEmpty()) {
      throw new UsageError(
          "--tls-client-auth asks for certificates over TLS: give --tls-cert, --tls-key and"
              + " --tls-ca");
    }
    return new ListenAddress(host, port, allowRemote, security);
  }
}
