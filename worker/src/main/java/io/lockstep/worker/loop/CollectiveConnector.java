package io.lockstep.worker.loop;

import io.lockstep.collective.Collective;
import io.lockstep.worker.protocol.Directive;
import java.util.List;

/** Connects a worker with its peers. */
public interface CollectiveConnector {

  /**
   * Waits until every participant is connected.
   *
   * @param round number of the connection, the same for all participants, growing
   * @param transport what tensors go over
   * @param rank this worker's place among the participants
   */
  Collective connect(
      long round, Directive.Transport transport, int rank, List<Directive.Member> participants);

  /**
   * Ends connections of rounds before this one, and attempts at them; from any thread.
   *
   * @param reason for the exceptions that end them
   */
  void endBefore(long round, String reason);
}
