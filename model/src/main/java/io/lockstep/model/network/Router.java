package io.lockstep.model.network;

/**
 * What sends each token of a layer to some of its experts.
 *
 * @param experts experts of the layer
 * @param perToken experts that a token goes through
 */
public record Router(int experts, int perToken) {

  /**
   * Which experts tokens go through: the most probable ones, of equally probable ones the first.
   *
   * @param probabilities [tokens, experts]
   * @return 1 where a token goes through an expert, else 0
   */
  @SuppressWarnings("FloatingPointEquality")
  public float[] chosen(float[] probabilities) {
    float[] chosen = new float[probabilities.length];
    for (int first = 0; first < probabilities.length; first += experts) {
      for (int i = 0; i < perToken; i++) {
        int best = -1;
        for (int at = first; at < first + experts; at++) {
          if (chosen[at] == 0 && (best < 0 || probabilities[at] > probabilities[best])) {
            best = at;
          }
        }
        chosen[best] = 1;
      }
    }
    return chosen;
  }
}
