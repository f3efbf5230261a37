package io.lockstep.gateway;

import io.lockstep.gateway.serving.CertificatePolicy;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
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
   * @param target where its coordinator listens
   * @param policy whether they are refused without an alignment certificate
   * @param security how the connection with the coordinator is secured
   */
  record Coordinator(Endpoint target, CertificatePolicy policy, ClientSecurity security)
      implements ModelSource {

    /** A run whose certified checkpoints are served. */
    public Coordinator(Endpoint target) {
      this(target, CertificatePolicy.REQUIRED, ClientSecurity.NONE);
    }
  }
}
