package io.lockstep.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.security.TestAuthority;
import io.lockstep.security.TransportSecurity;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessRegistryTest {

  @TempDir private Path folder;

  @Test
  void aProcessTellsWhenItsCertificateExpires() throws Exception {
    TestAuthority authority = TestAuthority.create(folder, "ours");
    try (TransportSecurity tls = TransportSecurity.of(authority.local("worker"))) {
      ProcessRegistry process = new ProcessRegistry("worker", Optional.of(tls));
      GaugeSnapshot expiry =
          (GaugeSnapshot)
              process.registry().scrape().stream()
                  .filter(metric ->
                      metric
                          .getMetadata()
                          .getName()
                          .equals("lockstep_worker_certificate_expiry_timestamp_seconds"))
                  .findFirst()
                  .orElseThrow();
      assertEquals(
          tls.expires().orElseThrow().toEpochMilli() / 1e3,
          expiry.getDataPoints().getFirst().getValue());
    }
  }

  @Test
  void whatTheJvmDoesIsTold() {
    ProcessRegistry process = new ProcessRegistry("worker", Optional.empty());
    Set<String> names = new java.util.TreeSet<>();
    process.registry().scrape().forEach(metric -> names.add(metric.getMetadata().getName()));
    assertTrue(
        names.containsAll(
            Set.of("process_cpu_seconds", "jvm_memory_used_bytes", "jvm_gc_collection_seconds")),
        names::toString);
  }
}
