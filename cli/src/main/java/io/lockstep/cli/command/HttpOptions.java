package io.lockstep.cli.command;

import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.process.PortFile;
import io.lockstep.operations.Health;
import io.lockstep.operations.OperationsServer;
import io.lockstep.operations.Page;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.ServerSecurity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A process's HTTP port: probes and metrics; none unless it is asked for. */
public final class HttpOptions {

  @Option(
      names = "--http-port",
      converter = Numbers.Port.class,
      paramLabel = "PORT",
      description =
          "Answer probes (/startupz, /readyz, /livez) and Prometheus (/metrics) on this port over"
              + " HTTP, or HTTPS with --tls-cert; 0 takes a free one (default: no such port).")
  private @Nullable Integer port;

  @Option(
      names = "--http-host",
      paramLabel = "HOST",
      description = "Address that the HTTP port listens on (default: that of --host).")
  private @Nullable String host;

  @Option(
      names = "--http-port-file",
      paramLabel = "FILE",
      description = "Write the HTTP port into this file once it answers.")
  private @Nullable Path portFile;

  /** An HTTP port, or none. */
  public static final class Port implements AutoCloseable {
    private final Optional<OperationsServer> server;

    private Port(Optional<OperationsServer> server) {
      this.server = server;
    }

    /** Its number, if there is one. */
    public Optional<Integer> number() {
      return server.map(OperationsServer::port);
    }

    @Override
    public void close() {
      server.ifPresent(OperationsServer::close);
    }
  }

  /** These options as somebody would write them. */
  public String given() {
    return (port == null ? "" : " --http-port " + port)
        + (host == null ? "" : " --http-host " + host)
        + (portFile == null ? "" : " --http-port-file " + portFile);
  }

  /**
   * Begins to answer, if it is asked for.
   *
   * @param beside the process's own address, whose host is the default
   * @param security how the process is secured
   * @param pages by their paths, besides probes and metrics
   * @throws IOException if the port can't be had
   * @throws IllegalArgumentException if the address may not be listened on
   */
  public Port open(
      ListenAddress beside,
      ServerSecurity security,
      Health health,
      ProcessRegistry metrics,
      Map<String, Page> pages)
      throws IOException {
    if (port == null) {
      if (host != null || portFile != null) {
        throw new UsageError(
            "--http-host and --http-port-file are of --http-port: give --http-port, 0 takes a free"
                + " one");
      }
      return new Port(Optional.empty());
    }
    ListenAddress address =
        new ListenAddress(
            host == null ? beside.host() : host, port, beside.allowRemote(), security);
    OperationsServer server = OperationsServer.start(address, health, metrics, pages);
    PortFile.write(portFile, server.port());
    return new Port(Optional.of(server));
  }
}
