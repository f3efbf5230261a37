package io.lockstep.worker.heldout;

import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Judge;
import io.lockstep.model.objective.ObjectiveSums;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.RunSamples;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.loader.UnreadableRecordException;
import io.lockstep.worker.protocol.Session.RecordResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records that a run is evaluated on: evenly spread over those that its configuration holds
 * out. Each is computed by itself, without dropout and as it stands in its file, so that what is
 * found depends on weights and record alone.
 */
public final class HeldOutRecords {

  private static final Logger LOG = LoggerFactory.getLogger(HeldOutRecords.class);

  private final LoadedModel model;
  private final RunSamples samples;
  private final int maxLength;
  private final List<Long> chosen;

  private HeldOutRecords(LoadedModel model, RunSamples samples, int maxLength, List<Long> chosen) {
    this.model = model;
    this.samples = samples;
    this.maxLength = maxLength;
    this.chosen = chosen;
  }

  /** The records of a run that is evaluated. */
  public static Optional<HeldOutRecords> of(RunData data, LoadedModel model) {
    RunConfig config = data.config();
    return data.heldOut()
        .map(samples ->
            new HeldOutRecords(
                model,
                samples,
                config.maxLength(),
                spread(samples.records().size(), config.data().valRecords())));
  }

  /** So many numbers below {@code size}, evenly spread. */
  static List<Long> spread(long size, int most) {
    long count = Math.min(size, most);
    return LongStream.range(0, count).mapToObj(i -> i * size / count).toList();
  }

  /** The records [first, end) of those that the run is evaluated on. */
  public record Share(int first, int end) {}

  /** A rank's share where every rank holds all weights. */
  public Share share(int rank, int world) {
    long records = chosen.size();
    return new Share((int) (records * rank / world), (int) (records * (rank + 1) / world));
  }

  /** A rank's share where weights are shared out: rank 0, which collects them, computes all. */
  public Share allOnFirst(int rank) {
    return rank == 0 ? new Share(0, chosen.size()) : new Share(chosen.size(), chosen.size());
  }

  /**
   * Evaluates a share with the model's present weights. A record that can't be read or is too long
   * has no tokens.
   *
   * @param isOver asked before each record, with its number, whether nobody needs the rest
   * @return nothing if it was over
   * @throws SampleException if something else than a record is at fault
   */
  public Optional<List<RecordResult>> evaluate(Share share, IntPredicate isOver)
      throws SampleException {
    List<RecordResult> results = new ArrayList<>();
    for (int record = share.first(); record < share.end(); record++) {
      if (isOver.test(record)) {
        return Optional.empty();
      }
      results.add(evaluate(chosen.get(record)));
    }
    return Optional.of(List.copyOf(results));
  }

  private RecordResult evaluate(long index) throws SampleException {
    try {
      Sample sample = samples.plain(model.encoder(), new SampleRef(0, index, index));
      if (sample.tokens().length > maxLength) {
        LOG.info(
            "{} has {} tokens, more than global_max_length: it is not evaluated",
            sample.name(),
            sample.tokens().length);
        return RecordResult.NONE;
      }
      ObjectiveSums sums = judge(model.collator().collate(List.of(sample)));
      return new RecordResult(sums.loss(), sums.tokens(), sums.correct());
    } catch (UnreadableRecordException e) {
      LOG.warn("not evaluated: {}", e.getMessage());
      return RecordResult.NONE;
    }
  }

  private ObjectiveSums judge(Batch batch) {
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        VisionLanguageModel network =
            new VisionLanguageModel(
                model.config(),
                model
                    .trainable()
                    .recorded(scope, model.trainable().trained().byName(), Dropout.NONE));
        var hidden_BTH = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
        Judge judge = Judge.crossEntropy(scope, batch);
        for (Targets part : Targets.of(batch).parts(network.positionsAtOnce())) {
          try (Scope temporaries = Scope.open()) {
            var _ = judge.judge(network.prediction(temporaries, batch, hidden_BTH, part));
          }
        }
        return judge.sums();
      }
    });
  }
}
