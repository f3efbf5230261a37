package io.lockstep.gateway;

import java.nio.file.Path;

/** Where the served model comes from. */
public sealed interface ModelSource {

  /** Whether checkpoints from here are refused without an alignment certificate. */
  boolean certificateRequired();

  /**
   * One checkpoint, loaded once.
   *
   * @param dir its folder
   * @param certificateRequired whether it is refused without an alignment certificate
   */
  record Folder(Path dir, boolean certificateRequired) implements ModelSource {

    /** A checkpoint that may come from anywhere. */
    public Folder(Path dir) {
      this(dir, false);
    }
  }

  /**
   * The committed checkpoints of a run, each as soon as it is committed; without an alignment
   * certificate that holds none is served.
   *
   * @param target {@code host:port} of its coordinator
   */
  record Coordinator(String target) implements ModelSource {
    @Override
    public boolean certificateRequired() {
      return true;
    }
  }
}
