package io.lockstep.model.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.config.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a checkpoint's pictures are seen beyond what the public layout can say: {@code vision.json}
 * beside the weights. A folder without that file keeps all vision tokens, so a checkpoint that does
 * is written without it.
 *
 * @param tokenBudget the share of vision tokens the model was trained with
 */
record VisionSettings(TokenBudget tokenBudget) {

  private static final String FILE_NAME = "vision.json";
  private static final String TOKEN_BUDGET = "token_budget";

  /**
   * Reads a checkpoint's settings.
   *
   * @throws IOException naming the file and what is wrong in it
   */
  static VisionSettings read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return new VisionSettings(TokenBudget.ALL);
    }
    StrictJson json = StrictJson.read(file);
    double share = json.number(TOKEN_BUDGET);
    if (!(share > 0 && share <= 1)) {
      json.problem(TOKEN_BUDGET, "must be more than 0 and at most 1");
    }
    json.finish();
    return new VisionSettings(new TokenBudget(share));
  }

  /** Reads a checkpoint's settings with those of an adapter, if it has any, in their place. */
  static VisionSettings read(Path folder, Tuning tuning) throws IOException {
    Optional<Path> own =
        tuning.stored().filter(adapter -> Files.exists(adapter.resolve(FILE_NAME)));
    return read(own.orElse(folder));
  }

  /** Writes the file if it is needed, and then returns its name. */
  Optional<String> write(Path folder) throws IOException {
    return tokenBudget.isAll() ? Optional.empty() : Optional.of(writeAlways(folder));
  }

  /** Writes the file and returns its name. */
  String writeAlways(Path folder) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put(TOKEN_BUDGET, tokenBudget.share());
    FileWrites.text(
        folder.resolve(FILE_NAME),
        mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    return FILE_NAME;
  }
}
