package io.lockstep.model.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An adapter that the public library began at a part of the weights of a family and trained for ten
 * steps, made by {@code tools/adapter_beginnings.py}.
 *
 * @param way its folder
 */
public record GoldenBeginning(GoldenFamily family, String way) {

  private static final String TARGETS =
      "target_regex: '.*language_model.*\\.(q_proj|v_proj|down_proj)|.*visual\\.blocks.*\\.(qkv|proj|linear_fc2|up_proj)', lora_dropout: 0, ";

  /** Where the adapter lies that it was converted to. */
  public Path folder() {
    return family.file("beginnings/" + way);
  }

  /** Whether the public library converts it. */
  public boolean isConverted() {
    return Files.exists(folder().resolve("adapter_model.safetensors"));
  }

  /** The tensors that it began with. */
  public Path begin() {
    return folder().resolve("begin.safetensors");
  }

  /** Loss and norm of the gradient of ten training steps. */
  public JsonNode steps() throws IOException {
    return new ObjectMapper().readTree(folder().resolve("training.json").toFile());
  }

  /** The keys of a recipe's section {@code tuner} that begin the same. */
  public String recipe() {
    return TARGETS
        + switch (way) {
          case "pissa" -> "lora_rank: 4, lora_alpha: 6, init_weights: pissa, use_rslora: true";
          case "olora" ->
              "lora_rank: 4, lora_alpha: 4, init_weights: olora, rank_pattern: {'layers\\.1\\.self_attn\\.q_proj': 3}, alpha_pattern: {v_proj: 5}";
          case "pissa_dora" -> "lora_rank: 3, lora_alpha: 6, init_weights: pissa, use_dora: true";
          default -> throw new IllegalArgumentException("there is no way to begin called " + way);
        };
  }
}
