package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.model.batch.Truth;
import io.lockstep.model.detection.Boxes;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.detection.Focal;
import io.lockstep.model.detection.Matching;
import io.lockstep.tensor.Elementwise;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a detection head learns: whether each query has found an object (focal loss), and of those
 * that answer for one, its box (L1 and generalised intersection over union) and its caption (cross
 * entropy). Each is a term of its own; all are divided by the number of objects of the whole step,
 * or by 1 where there are none.
 *
 * <p>Rows whose objects are not known take no part; of a row that is known to have none, all
 * queries learn that they have found nothing.
 *
 * <p>The four terms share one {@link Matching} of each pass, which is computed beside the graph:
 * the assignment itself has no gradient.
 */
public final class DetectionLosses {

  private final DetectionConfig config;
  private final Matching matching;
  private final Focal focal;
  private @Nullable Matched last;

  /** What a term measures. */
  private enum Part {
    OBJECTNESS("objectness_loss"),
    BOX("box_loss"),
    GIOU("giou_loss"),
    CAPTION("caption_loss");

    private final String key;

    Part(String key) {
      this.key = key;
    }
  }

  /**
   * The pairs of a pass.
   *
   * @param of the pass, by what it gives terms to read
   * @param answers rows of the flattened predictions [B * queries], one for each object
   * @param objects in the same order
   * @param known which rows of the batch take part
   */
  private record Matched(
      WeakReference<Activations> of,
      List<Long> answers,
      List<TrueObject> objects,
      List<Boolean> known) {}

  private DetectionLosses(DetectionConfig config, Matching matching, Focal focal) {
    this.config = config;
    this.matching = matching;
    this.focal = focal;
  }

  /**
   * The terms of a head.
   *
   * @param matching its weights are the terms' weights; a term whose weight is 0 is left out
   */
  public static List<LossTerm> of(DetectionConfig config, Matching matching, Focal focal) {
    DetectionLosses shared = new DetectionLosses(config, matching, focal);
    List<LossTerm> terms = new ArrayList<>();
    for (Part part : Part.values()) {
      double weight = shared.weight(part);
      if (weight > 0) {
        terms.add(shared.new Term(part, weight));
      }
    }
    return List.copyOf(terms);
  }

  private double weight(Part part) {
    return switch (part) {
      case OBJECTNESS -> matching.objectness();
      case BOX -> matching.box();
      case GIOU -> matching.giou();
      case CAPTION -> matching.caption();
    };
  }

  private final class Term implements LossTerm {
    private final Part part;
    private final double weight;

    Term(Part part, double weight) {
      this.part = part;
      this.weight = weight;
    }

    @Override
    public String name() {
      return part.key;
    }

    @Override
    public double weight() {
      return weight;
    }

    @Override
    public Normaliser normaliser() {
      return Normaliser.OBJECTS;
    }

    @Override
    public Set<String> reads() {
      return Set.of(Activations.DETECTIONS);
    }

    @Override
    public boolean measures(Batch batch) {
      return part == Part.OBJECTNESS
          ? batch.truths().stream().anyMatch(Optional::isPresent)
          : Normaliser.objects(batch) > 0;
    }

    @Override
    public OfPass begin(Scope scope, Batch batch, Activations activations) {
      return positions -> sum(part, batch, activations);
    }
  }

  private NDArray sum(Part part, Batch batch, Activations activations) {
    NDArray predictions_BQO = activations.get(Activations.DETECTIONS);
    Matched matched = matched(batch, activations, predictions_BQO);
    NDArray all = predictions_BQO.reshape(-1, config.outputs());
    if (part == Part.OBJECTNESS) {
      return objectness(all, matched);
    }
    long[] answers = matched.answers().stream().mapToLong(Long::longValue).toArray();
    NDArray own = Ops.indexSelect(all, 0, Ops.constant(answers, answers.length));
    return switch (part) {
      case OBJECTNESS -> throw new IllegalStateException("is summed over all queries");
      case BOX ->
          Elementwise.abs(Ops.narrow(own, 1, 0, Boxes.NUMBERS).sub(Boxes.of(matched.objects())))
              .sum();
      case GIOU -> {
        NDArray boxes = Ops.narrow(own, 1, 0, Boxes.NUMBERS);
        NDArray giou = Boxes.generalisedIou(boxes, Boxes.of(matched.objects()));
        yield Ops.plus(Ops.times(giou, -1), 1).sum();
      }
      case CAPTION -> {
        long[] wanted = matched.objects().stream().mapToLong(TrueObject::caption).toArray();
        NDArray logits = Ops.narrow(own, 1, Boxes.NUMBERS + 1, config.captions().size());
        yield Ops.crossEntropySum(logits, Ops.constant(wanted, wanted.length), Sample.IGNORED);
      }
    };
  }

  private NDArray objectness(NDArray all, Matched matched) {
    int queries = config.queries();
    boolean[] isThere = new boolean[matched.known().size() * queries];
    boolean[] counts = new boolean[isThere.length];
    matched.answers().forEach(answer -> isThere[Math.toIntExact(answer)] = true);
    for (int i = 0; i < counts.length; i++) {
      counts[i] = matched.known().get(i / queries);
    }
    NDArray logits = Ops.narrow(all, 1, Boxes.NUMBERS, 1).reshape(-1);
    return focal.sum(logits, isThere, counts);
  }

  private Matched matched(Batch batch, Activations activations, NDArray predictions) {
    Matched before = last;
    if (before != null && before.of().refersTo(activations)) {
      return before;
    }
    float[] values = HostValues.floats(predictions);
    List<Long> answers = new ArrayList<>();
    List<TrueObject> objects = new ArrayList<>();
    List<Boolean> known = new ArrayList<>();
    for (int row = 0; row < batch.rows(); row++) {
      Optional<Truth> truth = batch.truths().isEmpty() ? Optional.empty() : batch.truths().get(row);
      known.add(truth.isPresent());
      if (truth.isPresent()) {
        for (int query : matching.of(config, truth.get().objects(), values, row)) {
          answers.add((long) row * config.queries() + query);
        }
        objects.addAll(truth.get().objects());
      }
    }
    Matched found = new Matched(new WeakReference<>(activations), answers, objects, known);
    last = found;
    return found;
  }
}
