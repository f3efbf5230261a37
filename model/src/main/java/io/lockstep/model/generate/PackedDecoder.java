package io.lockstep.model.generate;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.PackedTransformer;
import io.lockstep.model.network.PictureFeatures;
import io.lockstep.model.network.SequenceCache;
import io.lockstep.model.network.SequencePart;
import io.lockstep.model.network.VisionLanguageModel;
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
      int capacity) {
    this.transformer = transformer;
    for (Sample prompt : prompts) {
      Batch alone = collator.collate(List.of(prompt));
      rows.add(
          new Row(
              transformer.sequence(alone.length() + capacity),
              alone,
              network.features(alone).orElse(null),
              network.config().imageTokenId()));
    }
  }

  @Override
  public float[][] first() {
    List<float[]> logits = new ArrayList<>();
    List<SequencePart> parts = new ArrayList<>();
    int room = PackedTransformer.MOST_ROWS;
    for (Row row : rows) {
      while (row.left() > 0) {
        int count = Math.min(room, row.left());
        parts.add(row.take(count));
        room -= count;
        if (room == 0) {
          logits.addAll(transformer.pass(parts));
          parts.clear();
          room = PackedTransformer.MOST_ROWS;
        }
      }
    }
    if (!parts.isEmpty()) {
      logits.addAll(transformer.pass(parts));
    }
    return logits.toArray(float[][]::new);
  }

  @Override
  public float[][] next(int[] tokens) {
    List<float[]> logits = new ArrayList<>();
    for (int first = 0; first < tokens.length; first += PackedTransformer.MOST_ROWS) {
      int end = Math.min(tokens.length, first + PackedTransformer.MOST_ROWS);
      List<SequencePart> parts = new ArrayList<>();
      for (int row = first; row < end; row++) {
        parts.add(rows.get(row).next(tokens[row]));
      }
      logits.addAll(transformer.pass(parts));
    }
    return logits.toArray(float[][]::new);
  }

  @Override
  public void close() {
    rows.forEach(row -> row.cache.close());
    transformer.close();
  }
}
