package io.lockstep.cli.command;

import java.nio.file.Path;
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
      description = "Accept a --host that other machines can reach: there is no password.")
  private boolean allowRemote;

  /** These options as somebody would write them, those left at their defaults left out. */
  public String given() {
    return (host.equals("127.0.0.1") ? "" : " --host " + host)
        + (port == 0 ? "" : " --port " + port)
        + (portFile == null ? "" : " --port-file " + portFile)
        + (allowRemote ? " --allow-remote" : "");
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

  public boolean allowRemote() {
    return allowRemote;
  }
}
