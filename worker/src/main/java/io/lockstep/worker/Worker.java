package io.lockstep.worker;

import io.lockstep.collective.Collective;
import io.lockstep.collective.SilenceHistory;
import io.lockstep.collective.Stall;
import io.lockstep.collective.nccl.NcclCollective;
import io.lockstep.collective.nccl.NcclOptions;
import io.lockstep.collective.nccl.NcclRuntime;
import io.lockstep.collective.nccl.NcclSupport;
import io.lockstep.collective.tcp.Peer;
import io.lockstep.collective.tcp.PeerTls;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.collective.tcp.TcpListener;
import io.lockstep.collective.tcp.TcpOptions;
import io.lockstep.config.ConfigException;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.AttentionKernels;
import io.lockstep.model.profile.StepProfile;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.DeviceName;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Numerics;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TrainingConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.loop.CollectiveConnector;
import io.lockstep.worker.loop.TrainingLoop;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Rounds;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.rpc.CoordinatorSession;
import io.lockstep.worker.rpc.SessionException;
import io.lockstep.worker.telemetry.WorkerTelemetry;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One worker process: joins a coordinator's run, trains until it stops, and leaves. */
public final class Worker {

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final CoordinatorSession.Timeouts TIMEOUTS =
      new CoordinatorSession.Timeouts(Duration.ofSeconds(60), Duration.ofMinutes(10));

  /** The coordinator knows within seconds who can't be reached, and ends the wait. */
  private static final Duration CONNECT_TIMEOUT = Duration.ofMinutes(30);

  /** Most ranks that a heartbeat names. */
  private static final int AWAITED_SHOWN = 16;

  private final Options options;
  private final ObjIntConsumer<String> ranks;
  private final WorkerTelemetry telemetry;
  private final CompletableFuture<CoordinatorSession> present = new CompletableFuture<>();

  /**
   * How a worker runs.
   *
   * @param coordinator where the coordinator listens
   * @param security how connections are secured
   * @param links how its peers reach it
   * @param threads threads of the tensor library
   * @param device what it computes on
   * @param name name in the run, unique
   * @param node name of the machine it runs on
   * @param profiled which steps are profiled, and into which file; the rank is put into its name
   */
  public record Options(
      Endpoint coordinator,
      ClientSecurity security,
      Links links,
      int threads,
      DeviceName device,
      String name,
      String node,
      Optional<StepProfile.Wanted> profiled) {}

  /**
   * How a worker's peers reach it.
   *
   * @param host local address that its collective listens on
   * @param port local port, 0 for a free one
   * @param advertised host:port that peers are told, if it is another one: that of a proxy or of a
   *     translated network
   * @param sharedMemory whether peers on this host are sent pieces through memory
   */
  public record Links(String host, int port, Optional<String> advertised, boolean sharedMemory) {}

  /** A worker whose rank nobody asks for. */
  public Worker(Options options) {
    this(options, (run, rank) -> {}, new WorkerTelemetry());
  }

  /**
   * A worker.
   *
   * @param ranks is told the run's name and its rank in each membership
   * @param telemetry is told what it does
   */
  public Worker(Options options, ObjIntConsumer<String> ranks, WorkerTelemetry telemetry) {
    this.options = options;
    this.ranks = ranks;
    this.telemetry = telemetry;
  }

  /**
   * Takes part in the run until it ends.
   *
   * @return how it ended, in the coordinator's words
   * @throws DeviceException in one line if it can't compute on its device
   * @throws IOException if a file can't be read or written; the coordinator has been told
   */
  public Directive.Stop run()
      throws IOException, SessionException, ConfigException, SampleException, InterruptedException {
    Torch.start(options.threads());
    Device device = Devices.select(options.device());
    Links links = options.links();
    NcclSupport nccl = nccl(device);
    LOG.info("computes on {}", described(nccl));
    try (TcpListener listener = TcpListener.open(links.host(), links.port(), peerTls());
        CoordinatorSession session =
            CoordinatorSession.join(
                options.coordinator(),
                options.security(),
                new CoordinatorSession.Introduction(
                    options.name(),
                    links.advertised().orElse(links.host() + ":" + listener.port()),
                    Torch.capability(),
                    options.node(),
                    Numerics.ofThisProcess(),
                    nccl instanceof NcclSupport.Loaded loaded ? loaded.runtime().version() : "",
                    nccl instanceof NcclSupport.Missing missing ? missing.why() : ""),
                TIMEOUTS)) {
      telemetry.listens(listener::droppedConnections);
      Optional<Directive.Stop> finished = session.alreadyFinished();
      if (finished.isPresent()) {
        return finished.get();
      }
      present.complete(session);
      try {
        return train(session, listener, nccl);
      } catch (IOException | ConfigException | SampleException | RuntimeException | Error e) {
        LOG.error("the worker can't go on", e);
        session.failed(e.getMessage() == null ? e.toString() : e.getMessage());
        throw e;
      }
    }
  }

  /**
   * Asks to leave the run: the step under way is finished and what this worker holds is handed
   * over, then {@link #run} returns. From any thread.
   *
   * @param reason one line, for people
   * @return whether it takes part in one; else there is nothing to wait for
   */
  public boolean leave(String reason) {
    CoordinatorSession session = present.getNow(null);
    if (session == null) {
      return false;
    }
    session.leaving(reason);
    return true;
  }

  /** Whoever proves itself to the coordinator does so to its peers. */
  private Optional<PeerTls> peerTls() {
    return options.security().tls().map(tls -> new PeerTls(tls.peerServer(), tls.peerClient()));
  }

  /** A worker that computes on the CPU loads nothing of it. */
  private static NcclSupport nccl(Device device) {
    return device.isHost()
        ? new NcclSupport.Missing("it computes on the CPU")
        : NcclSupport.load(device.ordinal());
  }

  private static String described(NcclSupport nccl) {
    String device = "%s, %s".formatted(Devices.describe(), Torch.capability());
    return nccl instanceof NcclSupport.Loaded loaded
        ? "%s, NCCL %s".formatted(device, loaded.runtime().version())
        : device;
  }

  private Directive.Stop train(CoordinatorSession session, TcpListener listener, NcclSupport nccl)
      throws IOException, ConfigException, SampleException, InterruptedException {
    RunConfig config =
        RunConfig.parse(session.runConfig(), "the coordinator's configuration", Path.of("/"));
    allowTf32(config.training().tf32());
    TuningPlan plan = TuningPlan.of(config);
    plan.table().lines().forEach(LOG::info);
    LOG.info(
        "computes in {}; {}", config.computeType().publicName(), AttentionKernels.of(plan.model()));
    telemetry.takesPartIn(config.outputDir().map(Path::toString).orElse(config.name()));
    Session observed = telemetry.joined(session);
    Peers peers =
        new Peers(
            session,
            observed,
            listener,
            options.links().sharedMemory(),
            nccl,
            rank -> ranks.accept(config.name(), rank));
    session.describeAwaited(peers::awaited);
    try (RunData data = new RunData(config);
        TrainingLoop loop =
            new TrainingLoop(
                observed, config, () -> load(config), data, observed(peers), options.profiled())) {
      return loop.run();
    }
  }

  private CollectiveConnector observed(CollectiveConnector peers) {
    return new CollectiveConnector() {
      @Override
      public Collective connect(
          long round,
          Directive.Transport transport,
          int rank,
          List<Directive.Member> participants) {
        Collective collective = peers.connect(round, transport, rank, participants);
        telemetry.connected(rank, collective);
        return collective;
      }

      @Override
      public void endBefore(long round, String reason) {
        peers.endBefore(round, reason);
      }
    };
  }

  private static void allowTf32(boolean asked) {
    Devices.allowTf32(asked);
    if (asked && Devices.ofTensors().isHost()) {
      LOG.warn("{}", TrainingConfig.TF32_ON_CPU);
    } else if (asked) {
      LOG.info("float32 matrix products and convolutions round their factors to TF32");
    }
  }

  private static LoadedModel load(RunConfig config) throws IOException {
    return TuningPlan.of(config).load(config);
  }

  /** The run's other workers. */
  private static final class Peers implements CollectiveConnector {
    private final CoordinatorSession session;
    private final Session observed;
    private final TcpListener listener;
    private final boolean sharedMemory;
    private final NcclSupport nccl;
    private final IntConsumer ranks;
    private final SilenceHistory silences = new SilenceHistory(Rounds::exchangeKind);

    /** The first connection of the newest generation: nobody has anything else to do before it. */
    private volatile long firstRound = -1;

    Peers(
        CoordinatorSession session,
        Session observed,
        TcpListener listener,
        boolean sharedMemory,
        NcclSupport nccl,
        IntConsumer ranks) {
      this.session = session;
      this.observed = observed;
      this.listener = listener;
      this.sharedMemory = sharedMemory;
      this.nccl = nccl;
      this.ranks = ranks;
    }

    /** Ranks that this worker has no connection with yet, while it comes into a generation. */
    List<Integer> awaited() {
      return listener.awaited(firstRound).stream().limit(AWAITED_SHOWN).toList();
    }

    @Override
    public Collective connect(
        long round, Directive.Transport transport, int rank, List<Directive.Member> participants) {
      ranks.accept(rank);
      if (Rounds.generation(round) != Rounds.generation(firstRound)) {
        firstRound = round;
      }
      List<Peer> peers = new ArrayList<>();
      for (Directive.Member member : participants) {
        peers.add(peer(peers.size(), member));
      }
      TcpOptions connections =
          TcpOptions.standard()
              .withExchangeNames(Rounds::exchangeName)
              .withSharedMemory(sharedMemory)
              .withStalls(silences, this::report);
      String token = session.collectiveToken();
      return transport.nccl()
          ? NcclCollective.connect(
              runtime(),
              listener,
              token,
              round,
              rank,
              peers,
              CONNECT_TIMEOUT,
              NcclOptions.over(connections))
          : TcpCollective.connect(
              listener, token, round, rank, peers, CONNECT_TIMEOUT, connections);
    }

    private NcclRuntime runtime() {
      return switch (nccl) {
        case NcclSupport.Loaded loaded -> loaded.runtime();
        case NcclSupport.Missing missing ->
            throw new IllegalStateException(
                "the coordinator chose NCCL, which this worker can't use: " + missing.why());
      };
    }

    private void report(Stall stall) {
      // The coordinator says it to people, with the names of both.
      LOG.info("{}", stall.message());
      observed.stalled(Rounds.generation(stall.generation()), stall.peer(), stall.message());
    }

    @Override
    public void endBefore(long round, String reason) {
      listener.advanceTo(round, reason);
    }
  }

  private static Peer peer(int rank, Directive.Member member) {
    String address = member.collectiveAddress();
    int colon = address.lastIndexOf(':');
    return new Peer(
        rank,
        member.name(),
        address.substring(0, colon),
        Integer.parseInt(address.substring(colon + 1)));
  }
}
