package io.lockstep.cli.command;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what happens to a run into the coordinator's log. */
final class LogListener implements RunListener {

  private static final Logger LOG = LoggerFactory.getLogger("io.lockstep.coordinator");

  @Override
  public void phaseChanged(Phase phase, String detail) {
    LOG.info("{}: {}", phase, detail);
  }

  @Override
  public void checkpointCommitted(CommittedCheckpoint checkpoint) {
    LOG.info("checkpoint {}", checkpoint);
  }

  @Override
  public void notice(String text) {
    LOG.info("{}", text);
  }
}
