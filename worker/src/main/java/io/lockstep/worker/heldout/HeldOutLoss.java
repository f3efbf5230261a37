package io.lockstep.worker.heldout;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Judge;
import io.lockstep.model.objective.ObjectiveSums;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.RunSamples;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.loader.UnreadableRecordException;
import io.lockstep.worker.metrics.StepLines;
import io.lockstep.worker.metrics.TensorBoardLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cross entropy of records that a run does not learn from, as a line of {@value #FILE_NAME} for
 * each checkpoint. Records are computed one after the other, without dropout and as they stand in
 * their files, so that the figures depend on weights and data alone.
 */
public final class HeldOutLoss {

  /** The file's name in the folder of a run. */
  public static final String FILE_NAME = "heldout-loss.jsonl";

  private static final Logger LOG = LoggerFactory.getLogger(HeldOutLoss.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final TensorBoardLog board;
  private final LoadedModel model;
  private final RunSamples samples;
  private final int maxLength;
  private final List<Long> chosen;

  private HeldOutLoss(
      Path file, TensorBoardLog board, LoadedModel model, RunSamples samples, RunConfig config) {
    this.file = file;
    this.board = board;
    this.model = model;
    this.samples = samples;
    this.maxLength = config.maxLength();
    this.chosen = spread(samples.records().size(), config.data().valRecords());
  }

  /**
   * The held-out records of a run, if its configuration names some.
   *
   * @param runDir the run's folder
   * @param board gets the figures too
   */
  public static Optional<HeldOutLoss> of(
      Path runDir, TensorBoardLog board, RunData data, LoadedModel model) {
    return data.heldOut()
        .map(samples ->
            new HeldOutLoss(runDir.resolve(FILE_NAME), board, model, samples, data.config()));
  }

  /** So many numbers below {@code size}, evenly spread. */
  static List<Long> spread(long size, int most) {
    long count = Math.min(size, most);
    return LongStream.range(0, count).mapToObj(i -> i * size / count).toList();
  }

  /**
   * Computes the loss and adds its line. Lines of later steps are dropped: whoever saves this step
   * computes them again. A failure is logged and costs nobody anything else.
   *
   * @param trained what was trained, laid out like the model's
   * @param steps committed steps that it holds
   */
  public void log(Parameters trained, long steps) {
    long begin = System.nanoTime();
    try {
      Figures figures = figures(trained);
      if (figures.tokens() == 0) {
        LOG.warn("no loss on held-out records: none of {} can be used", chosen.size());
        return;
      }
      try (StepLines lines = StepLines.open(file, steps - 1, Long.MAX_VALUE)) {
        lines.write(figures.toJson(steps));
      }
      board.write(
          steps,
          Map.of("eval/loss", figures.loss(), "eval/token_accuracy", figures.tokenAccuracy()));
      LOG.info(
          "held-out loss {} on {} records in {} ms",
          figures.loss(),
          figures.records(),
          Duration.ofNanos(System.nanoTime() - begin).toMillis());
    } catch (IOException | SampleException | RuntimeException failure) {
      LOG.warn("the loss on held-out records of step {} is not known", steps, failure);
    }
  }

  /**
   * What was found.
   *
   * @param lossSum over all supervised tokens, in nats
   * @param correct tokens that were the most probable ones
   */
  record Figures(int records, long tokens, double lossSum, long correct) {

    /** Mean over tokens, in nats. */
    double loss() {
      return lossSum / tokens;
    }

    double tokenAccuracy() {
      return (double) correct / tokens;
    }

    ObjectNode toJson(long steps) {
      return JSON.createObjectNode()
          .put("step", steps)
          .put("loss", loss())
          .put("token_acc", tokenAccuracy())
          .put("tokens", tokens)
          .put("records", records);
    }
  }

  /** Computes all chosen records that can be read and are not too long. */
  Figures figures(Parameters trained) throws SampleException {
    int records = 0;
    ObjectiveSums sums = ObjectiveSums.NONE;
    for (long index : chosen) {
      try {
        Sample sample = samples.plain(model.encoder(), new SampleRef(0, index, index));
        if (sample.tokens().length <= maxLength) {
          sums = sums.plus(judge(trained, model.collator().collate(List.of(sample))));
          records++;
        }
      } catch (UnreadableRecordException e) {
        LOG.warn("left out of the held-out loss: {}", e.getMessage());
      }
    }
    return new Figures(records, sums.tokens(), sums.loss(), sums.correct());
  }

  private ObjectiveSums judge(Parameters trained, Batch batch) {
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        VisionLanguageModel network =
            new VisionLanguageModel(
                model.config(), model.trainable().recorded(scope, trained.byName(), Dropout.NONE));
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
