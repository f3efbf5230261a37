package io.lockstep.cli.command.gateway;

import io.lockstep.cli.command.HttpOptions;
import io.lockstep.cli.command.ListenOptions;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.command.TlsOptions;
import io.lockstep.cli.command.TokenOption;
import io.lockstep.cli.command.TraceOptions;
import io.lockstep.cli.console.LogSetup;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.process.Closing;
import io.lockstep.cli.process.PortFile;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.gateway.serving.CertificatePolicy;
import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.telemetry.GatewayTelemetry;
import io.lockstep.gateway.telemetry.StrangerMetrics;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.operations.trace.Traces;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import io.lockstep.security.ServerSecurity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep gateway start}. */
@Command(
    name = "start",
    description = "Serves one checkpoint, or the committed checkpoints of a run as they come.")
public final class GatewayStartCommand implements Callable<Integer> {

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
    private @Nullable Endpoint coordinator;

    ModelSource source(Certificates certificates, ClientSecurity security) {
      if (model != null) {
        return new ModelSource.Folder(
            model, certificates.policy(CertificatePolicy.REQUIRED_OF_TRAINING));
      }
      return new ModelSource.Coordinator(
          Objects.requireNonNull(coordinator),
          certificates.policy(CertificatePolicy.REQUIRED),
          security);
    }
  }

  /** What becomes of models without a certificate: at most one of the two. */
  private static final class Certificates {
    @Option(
        names = "--require-certificate",
        description =
            "Refuse any --model without alignment.json, not only one that training wrote. A"
                + " certificate that is there must hold in any case.")
    private boolean required;

    @Option(
        names = "--allow-uncertified",
        description =
            "Serve a checkpoint of a run although it has no alignment certificate, with a warning.")
    private boolean uncertified;

    CertificatePolicy policy(CertificatePolicy usual) {
      if (uncertified) {
        return CertificatePolicy.NOT_REQUIRED;
      }
      return required ? CertificatePolicy.REQUIRED : usual;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(GatewayStartCommand.class);

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private HttpOptions http = new HttpOptions();

  @Mixin private TraceOptions tracing = new TraceOptions();

  @Mixin private TokenOption token = new TokenOption();

  @Mixin private TensorOptions tensors = new TensorOptions();

  @ArgGroup private Certificates certificates = new Certificates();

  @Option(
      names = "--drain-seconds",
      paramLabel = "N",
      defaultValue = "30",
      description =
          "When it is asked to end (SIGTERM, Ctrl-C), answer what has been asked for so long at"
              + " most (default: ${DEFAULT-VALUE}).")
  private int drainSeconds;

  @Option(
      names = "--memory-mib",
      paramLabel = "N",
      description =
          "Most memory of one batch beside the weights; longer requests are refused (default: a"
              + " quarter of this machine's).")
  private @Nullable Long memoryMib;

  @Option(
      names = "--max-model-len",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Most tokens of prompt and answer together, picture tokens included (default: what the model"
              + " takes, max_position_embeddings in its config.json).")
  private @Nullable Integer maxModelLen;

  @Option(
      names = "--max-new-tokens",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description = "Most new tokens that a request may ask for (default: 8192).")
  private @Nullable Integer maxNewTokens;

  @Option(
      names = "--default-new-tokens",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Most new tokens of an answer to a request that doesn't say; fewer where the length that the"
              + " model was trained with leaves less (default: 2048).")
  private @Nullable Integer defaultNewTokens;

  @Option(
      names = "--quantization",
      paramLabel = "KIND",
      description = "Refused: weights are served as they were trained.")
  private @Nullable String quantization;

  @Option(
      names = "--log-requests",
      description = "Log a line per request: method, client, size, time, outcome.")
  private boolean logRequests;

  /** Whether it listens: only then the end of the process is a matter of draining. */
  private volatile boolean serving;

  @Override
  public Integer call() throws Exception {
    if (drainSeconds < 0) {
      throw new IllegalArgumentException("--drain-seconds is " + drainSeconds + "; use 0 or more");
    }
    requireOptions();
    LogSetup.atLeastInfo();
    GatewayOptions options = options();
    ServerSecurity security = options.listen().security();
    ProcessRegistry metrics = new ProcessRegistry("gateway", security.tls());
    GatewayTelemetry telemetry = new GatewayTelemetry(metrics);
    AtomicReference<@Nullable GatewayServer> begun = new AtomicReference<>();
    StrangerMetrics.register(
        metrics,
        () -> Optional.ofNullable(begun.get()).map(GatewayServer::refusedCalls).orElse(0L),
        () -> Optional.ofNullable(begun.get()).map(GatewayServer::droppedConnections).orElse(0L));
    try (Traces traces = tracing.open("lockstep-gateway", instance());
        HttpOptions.Port port =
            http.open(options.listen(), security, telemetry, metrics, Map.of());
        GatewayServer server = GatewayServer.start(options, tensors.threads(), telemetry);
        Closing closing = Closing.atExit(() -> leave(server))) {
      begun.set(server);
      telemetry.tracedBy(traces);
      System.out.printf("gateway listens on %s:%d%n", listen.host(), server.port());
      PortFile.write(listen.portFile(), server.port());
      serving = true;
      Thread.currentThread().join();
    } finally {
      serving = false;
    }
    return 0;
  }

  private void requireOptions() {
    if (quantization != null) {
      throw new UsageError(
          "--quantization "
              + quantization
              + " does not exist: rounded weights compute something else than training did, and no"
              + " alignment certificate would hold for them; leave it out, and to need less memory"
              + " lower --max-model-len and --memory-mib, or store the model in bfloat16 with"
              + " 'lockstep export merge --dtype bfloat16' and quantise that with the program that"
              + " is to serve it");
    }
    int most = maxNewTokens == null ? RequestLimits.DEFAULT.newTokens() : maxNewTokens;
    if (defaultNewTokens != null && defaultNewTokens > most) {
      throw new UsageError(
          "--default-new-tokens is %d, more than the %d that may be asked for: raise --max-new-tokens, too"
              .formatted(defaultNewTokens, most));
    }
    if (maxModelLen != null && maxModelLen < 2) {
      throw new UsageError(
          "--max-model-len is %d: give at least 2, for a prompt and its answer"
              .formatted(maxModelLen));
    }
  }

  private static OptionalInt optional(@Nullable Integer number) {
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  private static String instance() {
    return Long.toString(ProcessHandle.current().pid());
  }

  private GatewayOptions options() {
    RequestLimits limits =
        RequestLimits.DEFAULT
            .withNewTokens(
                maxNewTokens == null ? RequestLimits.DEFAULT.newTokens() : maxNewTokens,
                optional(defaultNewTokens))
            .withMaxModelLen(optional(maxModelLen));
    GatewayOptions options =
        GatewayOptions.of(source.source(certificates, token.with(tls)))
            .at(listen.address(tls))
            .limitedTo(limits)
            .loggingRequests(logRequests);
    return memoryMib == null
        ? options
        : options.within(options.memory().withPass(Math.multiplyExact(memoryMib, 1L << 20)));
  }

  /** Ends in order when the process is asked to end, and then with exit code 0. */
  private void leave(GatewayServer server) {
    if (!serving) {
      server.close();
      return;
    }
    log.info("asked to end: no new requests, up to {} s for those under way", drainSeconds);
    boolean all = server.drain(Duration.ofSeconds(drainSeconds));
    server.close();
    if (all) {
      log.info("everything that was asked is answered");
    } else {
      log.warn(
          "requests were still under way after {} s and have failed; raise --drain-seconds to let"
              + " longer ones end",
          drainSeconds);
    }
    System.out.flush();
    // The signal's own exit code says that something went wrong.
    Runtime.getRuntime().halt(0);
  }
}
