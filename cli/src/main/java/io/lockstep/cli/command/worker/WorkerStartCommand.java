package io.lockstep.cli.command.worker;

import io.lockstep.cli.command.CoordinatorOption;
import io.lockstep.cli.command.DeviceConverter;
import io.lockstep.cli.command.HttpOptions;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.ProfileOptions;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.command.TraceOptions;
import io.lockstep.cli.console.LogSetup;
import io.lockstep.cli.console.UserError;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.operations.trace.Traces;
import io.lockstep.security.AcceptedTokens;
import io.lockstep.security.Endpoint;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TransportSecurity;
import io.lockstep.tensor.DeviceException;
import io.lockstep.tensor.DeviceName;
import io.lockstep.worker.Worker;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.telemetry.WorkerMetrics;
import io.lockstep.worker.telemetry.WorkerTelemetry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep worker start}. */
@Command(name = "start", description = "Joins a coordinator's run and trains until it ends.")
public final class WorkerStartCommand implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerStartCommand.class);

  /** After which a worker that stays asks the coordinator for a run again. */
  private static final Duration NEXT_RUN = Duration.ofSeconds(20);

  @Mixin private CoordinatorOption coordinator = new CoordinatorOption();

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description =
          "Local address on which other workers reach this one (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      converter = Numbers.Port.class,
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Local port on which other workers reach this one (default: a free one).")
  private int port;

  @Option(
      names = "--advertise",
      paramLabel = "HOST:PORT",
      description =
          "Where other workers are told to reach this one, if a proxy or a translated network stands"
              + " between (default: the local address and port).")
  private @Nullable Endpoint advertise;

  @Option(
      names = "--tcp-only",
      description = "Exchange no data through memory with workers of this host.")
  private boolean tcpOnly;

  @Mixin private HttpOptions http = new HttpOptions();

  @Mixin private TraceOptions tracing = new TraceOptions();

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description =
          "Ask who reads this worker's metrics for a token: those in this file are accepted"
              + " (default: over TLS, a certificate of the authorities in --tls-ca).")
  private @Nullable Path tokens;

  @Option(
      names = "--allow-remote",
      description =
          "Accept an --http-host that other machines can reach although nothing secures it.")
  private boolean allowRemote;

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Option(
      names = "--device",
      converter = DeviceConverter.class,
      paramLabel = "cpu|cuda:N",
      defaultValue = "cpu",
      description =
          "What it computes on; N counts the devices that the process sees, from 0 (default: ${DEFAULT-VALUE}).")
  private DeviceName device = DeviceName.CPU;

  @Mixin private ProfileOptions profile = new ProfileOptions();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name in the run (default: host name and process id).")
  private @Nullable String name;

  @Option(
      names = "--node",
      paramLabel = "NAME",
      description =
          "Machine that the worker runs on (default: host name); runs with a patch bank take"
              + " workers of one node only.")
  private @Nullable String node;

  @Option(
      names = "--leave-seconds",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "60",
      description =
          "When it is asked to end (SIGTERM, Ctrl-C), take so long at most to finish the step under"
              + " way and hand over what it holds (default: ${DEFAULT-VALUE}).")
  private int leaveSeconds;

  @Option(
      names = "--stay",
      description =
          "Stay when the run has ended, and join again when the coordinator goes on with it, until"
              + " asked to end.")
  private boolean stay;

  @Override
  public Integer call() throws Exception {
    Worker.Options options =
        new Worker.Options(
            coordinator.endpoint(),
            coordinator.security(),
            links(),
            tensors.threads(),
            device,
            name == null ? defaultName() : name,
            node == null ? hostName() : node,
            profile.wanted());
    WorkerTelemetry telemetry = new WorkerTelemetry();
    Leaving leaving = Leaving.onSignal(Duration.ofSeconds(leaveSeconds));
    try (Traces traces = tracing.open("lockstep-worker", options.name());
        HttpOptions.Port open = observed(telemetry)) {
      telemetry.tracedBy(traces);
      String told = "";
      while (true) {
        Directive.Stop end = taken(options, telemetry, leaving);
        if (!end.finished()) {
          throw new UserError(end.reason());
        }
        if (!end.reason().equals(told)) {
          System.out.println(end.reason());
          told = end.reason();
        }
        if (!stay) {
          return 0;
        }
        telemetry.ended();
        Thread.sleep(NEXT_RUN);
      }
    }
  }

  /** Takes part in the coordinator's run until it ends. */
  private static Directive.Stop taken(
      Worker.Options options, WorkerTelemetry telemetry, Leaving leaving) throws Exception {
    Worker worker = new Worker(options, LogSetup::rank, telemetry);
    leaving.began(worker);
    try {
      return worker.run();
    } catch (DeviceException e) {
      throw new UserError(String.valueOf(e.getMessage()));
    } finally {
      leaving.ended();
    }
  }

  /** Answers probes from here on, with the certificates of the links between workers. */
  private HttpOptions.Port observed(WorkerTelemetry telemetry) throws IOException {
    Optional<TransportSecurity> tls = coordinator.security().tls();
    Optional<AcceptedTokens> accepted = Optional.ofNullable(tokens).map(AcceptedTokens::of);
    ServerSecurity security =
        new ServerSecurity(tls, tls.isPresent() && accepted.isEmpty(), accepted);
    ProcessRegistry metrics = new ProcessRegistry("worker", tls);
    WorkerMetrics.register(metrics, telemetry);
    return http.open(
        new ListenAddress(host, 0, allowRemote, security), security, telemetry, metrics, Map.of());
  }

  private Worker.Links links() {
    Optional<String> told = Optional.ofNullable(advertise).map(Endpoint::toString);
    return new Worker.Links(host, port, told, !tcpOnly);
  }

  /** Leaves the run in good order when the process is asked to end. */
  private static final class Leaving {

    private final Duration limit;
    private @Nullable Worker present;

    private Leaving(Duration limit) {
      this.limit = limit;
    }

    static Leaving onSignal(Duration limit) {
      Leaving leaving = new Leaving(limit);
      Runtime.getRuntime().addShutdownHook(new Thread(leaving::leave, "leave-the-run"));
      return leaving;
    }

    synchronized void began(Worker worker) {
      present = worker;
    }

    synchronized void ended() {
      present = null;
      notifyAll();
    }

    private synchronized void leave() {
      Worker worker = present;
      if (worker == null || !worker.leave("the process was asked to end")) {
        return;
      }
      long until = System.nanoTime() + limit.toNanos();
      try {
        while (worker.equals(present)) {
          long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
          if (left <= 0) {
            LOG.warn("left the run without an answer within {} s", limit.toSeconds());
            return;
          }
          wait(left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String defaultName() {
    return hostName() + "/" + ProcessHandle.current().pid();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new UserError(
          "this machine's own name can't be resolved (%s): give --name and --node, or a line for it in /etc/hosts"
              .formatted(e.getMessage()),
          e);
    }
  }
}
