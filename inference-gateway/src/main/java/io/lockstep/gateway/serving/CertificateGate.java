package io.lockstep.gateway.serving;

import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.certificate.CertificateCheck;
import io.lockstep.model.align.certificate.ServedWords;
import io.lockstep.model.align.certificate.Uncertified;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a loaded checkpoint pass if serving computes what training computed. */
final class CertificateGate {

  private static final Logger log = LoggerFactory.getLogger(CertificateGate.class);

  /** Rows of a refusal's table: enough to see where it begins and how it spreads. */
  private static final int TABLE_ROWS = 12;

  /** Files that only training writes: where one is, a certificate was. */
  private static final List<String> TRACES =
      List.of("trainer_state.json", "manifest.json", Uncertified.FILE_NAME);

  private CertificateGate() {}

  /**
   * Recomputes the checkpoint's alignment certificate.
   *
   * @param words how it will be asked
   * @param policy what becomes of a model without a certificate
   * @throws CheckpointModel.MisalignedException naming what differs first, or that the certificate
   *     is missing
   */
  static Alignment check(
      Path dir,
      LoadedModel model,
      String weightsSha256,
      ServedWords words,
      CertificatePolicy policy)
      throws IOException {
    if (!CertificateCheck.isCertified(dir)) {
      return uncertified(dir, policy);
    }
    long begin = System.nanoTime();
    CertificateCheck.Outcome outcome = CertificateCheck.run(dir, model, weightsSha256, words);
    AlignmentReport report = outcome.report();
    log.info(
        "alignment certificate of {} recomputed on {} records in {} ms",
        dir,
        outcome.probes(),
        Duration.ofNanos(System.nanoTime() - begin).toMillis());
    report.remarks().forEach(remark -> log.warn("{}: {}", dir, remark));
    Alignment.State state =
        switch (report.verdict()) {
          case IDENTICAL -> Alignment.State.IDENTICAL;
          case WITHIN_TOLERANCE -> Alignment.State.WITHIN_TOLERANCE;
          case DIFFERS -> throw refusal(dir, report);
        };
    return new Alignment(state, report.largestDifference(), outcome.probes());
  }

  private static Alignment uncertified(Path dir, CertificatePolicy policy) throws IOException {
    Optional<String> failure = Uncertified.reason(dir);
    boolean trained = TRACES.stream().anyMatch(name -> Files.exists(dir.resolve(name)));
    boolean refused =
        switch (policy) {
          case REQUIRED -> true;
          case REQUIRED_OF_TRAINING -> trained;
          case NOT_REQUIRED -> false;
        };
    if (refused) {
      throw new CheckpointModel.MisalignedException(
          failure
              .map(why ->
                  dir
                      + " is uncertified, because its alignment certificate could not be written"
                      + " when it was saved ("
                      + why
                      + "): take another checkpoint of the run, or serve it as it is with"
                      + " --allow-uncertified")
              .orElse(
                  dir
                      + " has no alignment certificate (alignment.json), so that nobody knows what"
                      + " training computed with it; take a checkpoint as training wrote it, with"
                      + " all its files"));
    }
    log.warn("{} is served UNCERTIFIED: {}", dir, failure.orElse("it has no alignment.json"));
    return Alignment.UNCERTIFIED;
  }

  private static CheckpointModel.MisalignedException refusal(Path dir, AlignmentReport report) {
    log.error(
        "the alignment certificate of {} does not hold; first differing layer: {}\n{}",
        dir,
        report.firstDifferingLayer().map(Comparison::what).orElse("none"),
        report.tableOfDifferences(TABLE_ROWS));
    return new CheckpointModel.MisalignedException(
        "%s does not compute what training computed: %s".formatted(dir, report.summary()));
  }
}
