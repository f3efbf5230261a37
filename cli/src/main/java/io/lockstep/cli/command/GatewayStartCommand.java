package io.lockstep.cli.command;

import io.lockstep.cli.process.Closing;
import io.lockstep.cli.process.PortFile;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep gateway start}. */
@Command(
    name = "start",
    description = "Serves one checkpoint, or the committed checkpoints of a run as they come.")
final class GatewayStartCommand implements Callable<Integer> {

  /** Where the model comes from: one of the two. */
  private static final class Source {
    @Option(
        names = "--model",
        paramLabel = "DIR",
        description = "A checkpoint's folder; an adapter's will do.")
    private @Nullable Path model;

    @Option(
        names = "--coordinator",
        paramLabel = "HOST:PORT",
        description = "The coordinator of a run to follow.")
    private @Nullable String coordinator;

    ModelSource source(boolean certificateRequired) {
      if (model != null) {
        return new ModelSource.Folder(model, certificateRequired);
      }
      return new ModelSource.Coordinator(String.valueOf(coordinator));
    }
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of tensor operations (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--require-certificate",
      description =
          "Refuse any --model without alignment.json, not only one that training wrote. A"
              + " certificate that is there must hold in any case.")
  private boolean certificateRequired;

  @Override
  public Integer call() throws Exception {
    GatewayOptions options =
        GatewayOptions.of(source.source(certificateRequired))
            .at(listen.host(), listen.port(), listen.allowRemote());
    try (GatewayServer server = GatewayServer.start(options, threads);
        Closing closing = Closing.atExit(server::close)) {
      System.out.printf("gateway listens on %s:%d%n", listen.host(), server.port());
      PortFile.write(listen.portFile(), server.port());
      Thread.currentThread().join();
    }
    return 0;
  }
}
