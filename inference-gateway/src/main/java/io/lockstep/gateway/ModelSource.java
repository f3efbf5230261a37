package io.lockstep.gateway;

import io.lockstep.gateway.serving.CertificatePolicy;
import java.nio.file.Path;

/** Where the served model comes from. */
public sealed interface ModelSource {

  /** Whether checkpoints from here are refused without an alignment certificate. */
  CertificatePolicy policy();

  /**
   * One checkpoint, loaded once.
   *
   * @param dir its folder
   * @param policy whether it is refused without an alignment certificate
   */
  record Folder(Path dir, CertificatePolicy policy) implements ModelSource {

    /** A checkpoint that may come from anywhere. */
    public Folder(Path dir) {
      this(dir, CertificatePolicy.REQUIRED_OF_TRAINING);
    }
  }

  /**
   * The committed checkpoints of a run, each as soon as it is committed.
   *
   * @param target {@code host:port} of its coordinator
   * @param policy whether they are refused without an alignment certificate
   */
  record Coordinator(String target, CertificatePolicy policy) implements ModelSource {

    /** A run whose certified checkpoints are served. */
    public Coordinator(String target) {
      this(target, CertificatePolicy.REQUIRED);
    }
  }
}
