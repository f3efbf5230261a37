package io.lockstep.worker.train;

import io.lockstep.collective.Collective;

/** Connects a worker with its peers of one generation. */
@FunctionalInterface
public interface CollectiveConnector {

  /** Waits until every member is connected. */
  Collective connect(Directive.World world);
}
