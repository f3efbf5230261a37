package io.lockstep.cli.rpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.data.plan.Pace;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.DrainRequest;
import io.lockstep.proto.coordinator.v1.GetStatusRequest;
import io.lockstep.proto.coordinator.v1.GetStatusResponse;
import io.lockstep.proto.coordinator.v1.Remaining;
import io.lockstep.proto.coordinator.v1.WorkerStatus;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** An operator's view of a coordinator. */
public final class CoordinatorClient implements AutoCloseable {

  private static final long TIMEOUT_SECONDS = 10;

  private final Endpoint endpoint;
  private final ManagedChannel channel;

  /** A client of a coordinator of this machine, in plain text. */
  public CoordinatorClient(Endpoint endpoint) {
    this(endpoint, ClientSecurity.NONE);
  }

  /** A client; the first question opens the connection. */
  public CoordinatorClient(Endpoint endpoint, ClientSecurity security) {
    this.endpoint = endpoint;
    this.channel = security.channel(endpoint).build();
  }

  /** The run as it is now. */
  public RunStatus status() {
    try {
      return status(
          CoordinatorGrpc.newBlockingStub(channel)
              .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
              .getStatus(GetStatusRequest.getDefaultInstance()));
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("coordinator", endpoint, e);
    }
  }

  /** Drains the run that is coordinated there; see {@link #drain(String)}. */
  public static long drain(Endpoint where, String by) {
    try (CoordinatorClient client = new CoordinatorClient(where)) {
      return client.drain(by);
    }
  }

  /**
   * Ends the run after a checkpoint at the next step boundary; returns the steps it will hold.
   *
   * @param by who asks, one line: the run's end says it
   */
  public long drain(String by) {
    try {
      return CoordinatorGrpc.newBlockingStub(channel)
          .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
          .drain(DrainRequest.newBuilder().setBy(by).build())
          .getSteps();
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("coordinator", endpoint, e);
    }
  }

  private static RunStatus status(GetStatusResponse response) {
    return new RunStatus(
        response.getRun(),
        phase(response.getPhase()),
        response.getDetail(),
        response.getGeneration(),
        response.getSteps(),
        response.getTotalSteps(),
        response.getLoss(),
        response.getStepsPerSecond(),
        remaining(response),
        response.getWorkersList().stream().map(CoordinatorClient::worker).toList(),
        response.getNoticesList().stream()
            .map(notice -> new RunStatus.Notice(notice.getNumber(), notice.getText()))
            .toList());
  }

  private static Optional<Pace.Remaining> remaining(GetStatusResponse response) {
    Remaining time = response.getRemaining();
    return response.hasRemaining()
        ? Optional.of(
            new Pace.Remaining(time.getSeconds(), time.getLowSeconds(), time.getHighSeconds()))
        : Optional.empty();
  }

  private static RunStatus.WorkerStatus worker(WorkerStatus worker) {
    return new RunStatus.WorkerStatus(
        worker.getWorkerId(),
        worker.getRank(),
        worker.getActivity(),
        worker.getSilentMillis(),
        worker.getReducedStep(),
        worker.getNode());
  }

  private static Phase phase(GetStatusResponse.Phase phase) {
    return switch (phase) {
      case PHASE_FORMING -> Phase.FORMING;
      case PHASE_TRAINING -> Phase.TRAINING;
      case PHASE_SAVING -> Phase.SAVING;
      case PHASE_FINISHED -> Phase.FINISHED;
      case PHASE_FAILED -> Phase.FAILED;
      case PHASE_WAITING, PHASE_UNSPECIFIED, UNRECOGNIZED -> Phase.WAITING;
    };
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
