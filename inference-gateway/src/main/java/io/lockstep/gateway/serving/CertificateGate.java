package io.lockstep.gateway.serving;

import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.certificate.CertificateCheck;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a loaded checkpoint pass if serving computes what training computed. */
final class CertificateGate {

  private static final Logger log = LoggerFactory.getLogger(CertificateGate.class);

  /** Rows of a refusal's table: enough to see where it begins and how it spreads. */
  private static final int TABLE_ROWS = 12;

  /** Files that only training writes: where one is, a certificate was. */
  private static final List<String> TRACES = List.of("trainer_state.json", "manifest.json");

  private CertificateGate() {}

  /**
   * Recomputes the checkpoint's alignment certificate.
   *
   * @param required whether a model of unknown origin is refused without a certificate; a
   *     checkpoint that training wrote is in any case
   * @throws MisalignedException naming what differs first, or that the certificate is missing
   */
  static Alignment check(
      Path dir, LoadedModel model, String weightsSha256, TaskPrompts prompts, boolean required)
      throws IOException {
    if (!CertificateCheck.isCertified(dir)) {
      if (required || TRACES.stream().anyMatch(name -> Files.exists(dir.resolve(name)))) {
        throw new MisalignedException(
            dir
                + " has no alignment certificate (alignment.json), so that nobody knows what training"
                + " computed with it; take a checkpoint as training wrote it, with all its files");
      }
      log.warn("{} is served uncertified: it has no alignment.json", dir);
      return Alignment.UNCERTIFIED;
    }
    long begin = System.nanoTime();
    CertificateCheck.Outcome outcome =
        CertificateCheck.run(dir, model, weightsSha256, prompts::summary);
    AlignmentReport report = outcome.report();
    log.info(
        "alignment certificate of {} recomputed on {} records in {} ms",
        dir,
        outcome.probes(),
        Duration.ofNanos(System.nanoTime() - begin).toMillis());
    Alignment.State state =
        switch (report.verdict()) {
          case IDENTICAL -> Alignment.State.IDENTICAL;
          case WITHIN_TOLERANCE -> Alignment.State.WITHIN_TOLERANCE;
          case DIFFERS -> throw refusal(dir, report);
        };
    return new Alignment(state, report.largestDifference(), outcome.probes());
  }

  private static MisalignedException refusal(Path dir, AlignmentReport report) {
    log.error(
        "the alignment certificate of {} does not hold; first differing layer: {}\n{}",
        dir,
        report.firstDifferingLayer().map(Comparison::what).orElse("none"),
        report.tableOfDifferences(TABLE_ROWS));
    return new MisalignedException(
        "%s does not compute what training computed: %s".formatted(dir, report.summary()));
  }
}
