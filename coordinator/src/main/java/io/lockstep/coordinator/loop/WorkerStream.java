package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.machine.ToWorker;

/** The stream to one worker; used on the run's thread only. */
public interface WorkerStream {

  /** Sends a message; it is dropped if the stream has ended, which is an event of its own. */
  void send(ToWorker message);

  /** Ends the stream once everything is sent. */
  void close();
}
