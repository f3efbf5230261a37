package io.lockstep.model.generate;

import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import java.util.ArrayList;
import java.util.List;

/**
 * Continues prompts by tokens, for a training that learns from them: no text is made of them, end
 * tokens belong to them, and empty answers are answers. The placeholder of pictures is never drawn.
 * Used by one thread.
 *
 * <p>What is drawn depends on each prompt's seed; logits depend on the shape of the batch by
 * roundings, so that the same completions need the same batch.
 */
public final class Completer {

  private final VisionLanguageModel network;
  private final Collator collator;
  private final List<Integer> endTokens;

  /** A completer with a network whose weights stay as they are while it is used. */
  public Completer(VisionLanguageModel network, Collator collator, List<Integer> endTokens) {
    this.network = network;
    this.collator = collator;
    this.endTokens = List.copyOf(endTokens);
  }

  /**
   * What is to be continued.
   *
   * @param prompt ends where the answer begins
   * @param decoding how its tokens are chosen; rules for the shape of answers are not applied
   */
  public record Request(Sample prompt, DecodingOptions decoding) {}

  /** A row while it grows. */
  private final class Row {
    private final Request request;
    private final TokenSampler sampler;
    private final List<Integer> tokens = new ArrayList<>();
    private boolean ended;

    Row(Request request) {
      this.request = request;
      sampler = new TokenSampler(request.decoding());
    }

    boolean isOpen() {
      return !ended && tokens.size() < request.decoding().maxNewTokens();
    }

    /** Chooses the next token from logits [V], which nobody else reads. */
    void grow(float[] logits) {
      if (isOpen()) {
        logits[collator.imageTokenId()] = Float.NEGATIVE_INFINITY;
        int token = sampler.choose(logits, tokens.size());
        tokens.add(token);
        ended = endTokens.contains(token);
      }
    }
  }

  /**
   * Continues prompts as one batch.
   *
   * @return one completion for each, in order
   */
  public List<Completion> complete(List<Request> requests) {
    if (requests.isEmpty()) {
      return List.of();
    }
    List<Row> rows = requests.stream().map(Row::new).toList();
    int longest =
        requests.stream().mapToInt(each -> each.decoding().maxNewTokens()).max().orElseThrow();
    List<Sample> prompts = requests.stream().map(Request::prompt).toList();
    Autograd.inference(() -> {
      try (Decoder decoder =
          Decoder.open(
              Profile.CACHED, network, collator, prompts, longest, VisionLanguageModel.NO_PROBE)) {
        float[][] logits = decoder.first();
        while (grow(rows, logits)) {
          logits =
              decoder.next(
                  rows.stream()
                      .mapToInt(row -> row.isOpen() ? row.tokens.getLast() : Decoder.ENDED)
                      .toArray());
        }
      }
    });
    return rows.stream().map(row -> new Completion(row.tokens, row.ended)).toList();
  }

  /** Lets every open row grow by a token; false once none is open. */
  private static boolean grow(List<Row> rows, float[][] logits) {
    for (int i = 0; i < logits.length; i++) {
      rows.get(i).grow(logits[i]);
    }
    return rows.stream().anyMatch(Row::isOpen);
  }
}
