package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.machine.ToWorker;

/** The way to one worker; used on the run's thread only. */
public interface WorkerStream {

  /** Sends a message; a stream that is gone takes it silently, its end is reported as an event. */
  void send(ToWorker message);

  /** Ends the stream after what was sent. */
  void close();
}
