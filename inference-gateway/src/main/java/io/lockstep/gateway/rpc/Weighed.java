package io.lockstep.gateway.rpc;

import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.Task;
import io.lockstep.model.generate.GenerationOptions;

/**
 * A task whose request has been checked.
 *
 * @param weight bytes that reading its pictures and texts takes at most
 */
record Weighed(Task task, long weight) {

  Job job(GenerationOptions options, Job.Sink sink) {
    return new Job(task, options, weight, sink);
  }
}
