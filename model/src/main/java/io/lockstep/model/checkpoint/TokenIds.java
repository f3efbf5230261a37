package io.lockstep.model.checkpoint;

import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether all ids that can reach a model's embedding table have a row there. A table with more rows
 * than there are tokens is common.
 */
final class TokenIds {

  private static final int SHOWN = 5;

  private TokenIds() {}

  /**
   * Checks a folder's tokenizer, padding and ends.
   *
   * @param rows rows of the table
   * @throws InvalidCheckpointException naming tokens and ids
   */
  static void require(Path folder, int rows, Tokenizer tokenizer, GenerationConfig generation)
      throws IOException {
    List<String> problems = new ArrayList<>();
    List<String> beyond =
        IntStream.range(rows, tokenizer.size())
            .filter(tokenizer::isUsed)
            .mapToObj(id -> tokenizer.display(id) + " = " + id)
            .toList();
    if (!beyond.isEmpty()) {
      int more = beyond.size() - SHOWN;
      problems.add(
          "%s has %s%s"
              .formatted(
                  Tokenizer.FILE,
                  String.join(", ", beyond.subList(0, Math.min(SHOWN, beyond.size()))),
                  more > 0 ? " and " + more + " tokens more" : ""));
    }
    if (generation.padTokenId() >= rows) {
      problems.add("pad_token_id is " + generation.padTokenId());
    }
    generation.eosTokenIds().stream()
        .filter(id -> id >= rows)
        .forEach(id -> problems.add("eos_token_id is " + id));
    if (!problems.isEmpty()) {
      problems.set(
          problems.size() - 1,
          problems.getLast()
              + (": beyond the %d rows of the embedding table (vocab_size of %s); take all files"
                      + " from the same model, or enlarge its table")
                  .formatted(rows, CheckpointFiles.CONFIG));
      throw new InvalidCheckpointException(folder, problems);
    }
  }
}
