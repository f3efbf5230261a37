package io.lockstep.worker.state;

import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;

/** Loads what a run starts from; the same every time. */
@FunctionalInterface
public interface ModelSource {
  LoadedModel load() throws IOException;
}
