package io.lockstep.cli.command.coordinator;

import io.lockstep.cli.command.HttpOptions;
import io.lockstep.cli.command.ListenOptions;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.RecipeOptions;
import io.lockstep.cli.command.ResumeOptions;
import io.lockstep.cli.command.TlsOptions;
import io.lockstep.cli.command.TraceOptions;
import io.lockstep.cli.console.LogSetup;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Child;
import io.lockstep.cli.process.Closing;
import io.lockstep.cli.process.ParentWatch;
import io.lockstep.cli.process.PortFile;
import io.lockstep.cli.process.Signals;
import io.lockstep.cli.report.RunDashboard;
import io.lockstep.cli.run.RecipeSources;
import io.lockstep.cli.train.DrainOnSignal;
import io.lockstep.cli.train.DrainedRun;
import io.lockstep.cli.train.OverLengthReport;
import io.lockstep.cli.train.PlannedCost;
import io.lockstep.cli.train.RunPlans;
import io.lockstep.cli.train.StoredRun;
import io.lockstep.cli.train.UnreadableReport;
import io.lockstep.coordinator.Follower;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.rpc.CoordinatorServer;
import io.lockstep.coordinator.telemetry.CoordinatorHealth;
import io.lockstep.coordinator.telemetry.CoordinatorMetrics;
import io.lockstep.coordinator.telemetry.RunTraces;
import io.lockstep.operations.Health;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.operations.trace.Traces;
import io.lockstep.security.ListenAddress;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep coordinator start}. */
@Command(
    name = "start",
    description = {
      "Coordinates one training run; ends when the run does.",
      "With --resume it waits for the workers of before, then for enough of others."
    })
final class CoordinatorStartCommand implements Callable<Integer> {

  @Mixin private RecipeOptions recipe = new RecipeOptions();

  @Option(
      names = "--workers",
      converter = Numbers.Count.class,
      required = true,
      paramLabel = "N",
      description = "Workers that must join before the run begins.")
  private int workers;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Run folder, created; must hold no run, unless --resume is given.")
  private Path out = Path.of("");

  @Mixin private ResumeOptions begin = new ResumeOptions();

  @Option(
      names = "--resume-or-start",
      description =
          "Go on with the run in --out if one has begun there, else begin it: for whatever starts"
              + " this command again when it ends.")
  private boolean resumeOrStart;

  @Option(
      names = "--stay",
      description =
          "Stay when the run has ended, and go on telling workers, gateways and people of it, until"
              + " asked to end.")
  private boolean stay;

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private HttpOptions http = new HttpOptions();

  @Mixin private TraceOptions tracing = new TraceOptions();

  /** The coordinator, once it has begun. */
  private final AtomicReference<@Nullable CoordinatorServer> begun = new AtomicReference<>();

  @Override
  public Integer call() throws Exception {
    RunConfig run = StoredRun.withInputs(recipe.read().withOutputDir(out));
    LogSetup.run(run.name());
    begin.check();
    if (resumeOrStart) {
      begin.resumeIfBegun(out);
    }
    Optional<StoredRun> stored = begin.stored(out);
    if (stored.isPresent()) {
      stored.get().compare(run, begin.acknowledged()).forEach(System.out::println);
    }
    RunPlan plan = RunPlans.of(run, workers, out);
    RunPlans.requireSpace(plan);
    ListenAddress address = listen.address(tls);
    Optional<DrainOnSignal> signals = drainOnSignal();
    try (Traces traces = tracing.open("lockstep-coordinator", run.name());
        HttpOptions.Port port = observed(plan, address)) {
      String scheme = address.security().tls().isPresent() ? "https" : "http";
      port.number()
          .ifPresent(number ->
              System.out.printf("the run's page: %s://%s:%d/%n", scheme, listen.host(), number));
      return coordinate(run, plan, address, signals, traces);
    }
  }

  /** Answers probes from here on. */
  private HttpOptions.Port observed(RunPlan plan, ListenAddress address) throws IOException {
    ProcessRegistry metrics = new ProcessRegistry("coordinator", address.security().tls());
    CoordinatorMetrics.register(metrics, plan, () -> Optional.ofNullable(begun.get()));
    Health health =
        new CoordinatorHealth(() ->
            Optional.ofNullable(begun.get())
                .map(server ->
                    new CoordinatorHealth.Seen(server.observation(), server.idleMillis())));
    return http.open(address, address.security(), health, metrics, Map.of("/", dashboard()));
  }

  private RunDashboard dashboard() {
    return new RunDashboard(
        out,
        new RunDashboard.Live() {
          @Override
          public Optional<RunStatus> status() {
            return Optional.ofNullable(begun.get()).map(CoordinatorServer::status);
          }

          @Override
          public Optional<List<Follower>> followers() {
            return Optional.ofNullable(begun.get()).map(CoordinatorServer::followers);
          }
        },
        recipe -> PlannedCost.subject(recipe, TuningPlan.of(recipe)));
  }

  private int coordinate(
      RunConfig run,
      RunPlan plan,
      ListenAddress address,
      Optional<DrainOnSignal> signals,
      Traces traces)
      throws Exception {
    String name = run.outputDir().map(Path::toString).orElse(run.name());
    CoordinatorServer server =
        start(plan, address, new RunTraces(traces, name, new ConsoleRunListener()));
    RecipeSources.write(out, recipe.file());
    begun.set(server);
    try (Closing closing = Closing.atExit(server::close)) {
      System.out.printf(
          "coordinator of %s listens on %s:%d and waits for %d workers%n",
          run.name(), listen.host(), server.port(), workers);
      signals.ifPresent(drain -> drain.began(server::drain));
      PortFile.write(listen.portFile(), server.port());
      RunOutcome outcome = server.awaitEnd();
      signals.ifPresent(DrainOnSignal::ended);
      OverLengthReport.write(run, out);
      UnreadableReport.write(run, out);
      if (!outcome.finished()) {
        throw new UserError(outcome.reason());
      }
      tell(outcome, plan);
      if (stay && !signals.map(DrainOnSignal::asked).orElse(false)) {
        System.out.println("the run has ended; this process stays until it is asked to end");
        Thread.currentThread().join();
      }
      return outcome.drained() ? Child.DRAINED : 0;
    }
  }

  private void tell(RunOutcome outcome, RunPlan plan) {
    if (outcome.drained()) {
      System.out.println(outcome.reason());
      System.out.println(DrainedRun.next(outcome.steps() > 0, command()));
      return;
    }
    if (outcome.steps() < plan.totalSteps()) {
      System.out.println(outcome.reason());
    }
    System.out.printf("finished after %d steps%n", outcome.steps());
  }

  /** Of a child process its parent knows what a signal means to the run, and drains it. */
  private static Optional<DrainOnSignal> drainOnSignal() {
    if (ParentWatch.isChild()) {
      Signals.ignore("TERM");
      return Optional.empty();
    }
    return Optional.of(DrainOnSignal.install("lockstep coordinator start", System.out));
  }

  private String command() {
    return "lockstep coordinator start %s --workers %d --out %s%s"
        .formatted(recipe.given(), workers, out, listen.given() + http.given() + tracing.given());
  }

  private CoordinatorServer start(RunPlan plan, ListenAddress address, RunListener listener)
      throws IOException {
    if (begin.from().isPresent()) {
      Path from = begin.from().get();
      return CoordinatorServer.startFrom(
          from,
          StoredRun.numerics(from, begin.acknowledged()),
          StoredRun.skippedSteps(from),
          plan,
          address,
          listener);
    }
    return begin.resume()
        ? CoordinatorServer.resume(plan, begin.acknowledged(), address, listener)
        : CoordinatorServer.start(plan, address, listener);
  }

  /** Prints phases and notices on standard output, with the time. */
  private static final class ConsoleRunListener implements RunListener {

    @Override
    public void phaseChanged(Phase phase, String detail) {
      print(phase.name().toLowerCase(Locale.ROOT) + ": " + detail);
    }

    @Override
    public void notice(String text) {
      print(text);
    }

    private static void print(String text) {
      System.out.printf("%tT.%<tL %s%n", LocalTime.now(ZoneId.systemDefault()), text);
    }
  }
}
