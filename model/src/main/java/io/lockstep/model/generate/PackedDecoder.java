package io.lockstep.model.generate;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.PackedTransformer;
import io.lockstep.model.network.PictureFeatures;
import io.lockstep.model.network.SequenceCache;
import io.lockstep.model.network.SequencePart;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps keys and values, and computes every row as if it were alone: its logits are the same bits
 * in any batch.
 */
final class PackedDecoder implements Decoder {

  private final PackedTransformer transformer;
  private final List<Row> rows = new ArrayList<>();
  private final int towerWidth;
  private long generated;

  /** What is told to who looks at activations, if anybody does. */
  private final @Nullable JoinedActivations activations;

  /** A prompt and what has been computed of it. */
  private static final class Row {
    private final SequenceCache cache;
    private final Batch prompt;
    private final @Nullable PictureFeatures features;
    private final int placeholder;
    private int given;
    private int featuresGiven;

    Row(SequenceCache cache, Batch prompt, @Nullable PictureFeatures features, int placeholder) {
      this.cache = cache;
      this.prompt = prompt;
      this.features = features;
      this.placeholder = placeholder;
    }

    int left() {
      return prompt.length() - given;
    }

    /** The next tokens of the prompt. */
    SequencePart take(int count) {
      int[] tokens = new int[count];
      long[] positions = new long[3 * count];
      int first = featuresGiven;
      for (int i = 0; i < count; i++) {
        tokens[i] = Math.toIntExact(prompt.ids()[given + i]);
        for (int axis = 0; axis < 3; axis++) {
          positions[axis * count + i] = prompt.positionIds()[axis * prompt.length() + given + i];
        }
        featuresGiven += tokens[i] == placeholder ? 1 : 0;
      }
      given += count;
      return SequencePart.of(cache, tokens, positions, features, first, left() == 0);
    }

    SequencePart next(int token) {
      long generated = (long) cache.length() - prompt.length();
      return SequencePart.next(cache, token, prompt.nextPositions()[0] + generated);
    }
  }

  PackedDecoder(
      VisionLanguageModel network,
      PackedTransformer transformer,
      Collator collator,
      List<Sample> prompts,
      int capacity,
      ActivationListener probe) {
    this.transformer = transformer;
    towerWidth = network.config().vision().hiddenSize();
    activations =
        probe.equals(VisionLanguageModel.NO_PROBE)
            ? null
            : new JoinedActivations(probe, prompts.size(), network.config().text().hiddenSize());
    for (Sample prompt : prompts) {
      Batch alone = collator.collate(List.of(prompt));
      rows.add(
          new Row(
              transformer.sequence(alone.length() + capacity),
              alone,
              network
                  .features(
                      alone,
                      activations == null ? VisionLanguageModel.NO_PROBE : activations.ofRow())
                  .orElse(null),
              network.config().imageTokenId()));
    }
  }

  @Override
  public float[][] first() {
    long begun = Spans.begin();
    float[][] logits = prompts();
    Spans.end(begun, Span.Kind.STAGE, "prompt", 0);
    return logits;
  }

  private float[][] prompts() {
    Passes passes = new Passes();
    for (int row = 0; row < rows.size(); row++) {
      while (rows.get(row).left() > 0) {
        passes.add(row, rows.get(row).take(Math.min(passes.room(), rows.get(row).left())));
      }
    }
    return passes.end();
  }

  @Override
  public float[][] next(int[] tokens) {
    generated++;
    Spans.at(generated);
    long begun = Spans.begin();
    float[][] logits = further(tokens);
    Spans.end(begun, Span.Kind.STAGE, "token", 0);
    return logits;
  }

  private float[][] further(int[] tokens) {
    Passes passes = new Passes();
    for (int row = 0; row < tokens.length; row++) {
      if (tokens[row] != ENDED) {
        passes.add(row, rows.get(row).next(tokens[row]));
      }
    }
    return passes.end();
  }

  /** Parts of rows, computed as soon as they fill a pass. */
  private final class Passes {
    private final float[][] logits = new float[rows.size()][0];
    private final List<SequencePart> parts = new ArrayList<>();
    private final List<Integer> owners = new ArrayList<>();
    private int room = PackedTransformer.MOST_ROWS;

    int room() {
      return room;
    }

    void add(int row, SequencePart part) {
      parts.add(part);
      owners.add(row);
      room -= part.size();
      if (room == 0) {
        compute();
      }
    }

    private void compute() {
      JoinedActivations joined = activations;
      List<float[]> ends =
          joined == null
              ? transformer.pass(parts)
              : transformer.pass(
                  parts,
                  (layer, part, hidden) -> joined.add(layer, owners.get(part), hidden.get()));
      int end = 0;
      for (int i = 0; i < parts.size(); i++) {
        if (parts.get(i).ends()) {
          logits[owners.get(i)] = ends.get(end);
          end++;
        }
      }
      parts.clear();
      owners.clear();
      room = PackedTransformer.MOST_ROWS;
    }

    /** Logits of all rows. */
    float[][] end() {
      if (!parts.isEmpty()) {
        compute();
      }
      if (activations != null) {
        activations.tell(towerWidth);
      }
      return logits;
    }
  }

  @Override
  public void close() {
    rows.forEach(row -> row.cache.close());
    transformer.close();
  }
}
