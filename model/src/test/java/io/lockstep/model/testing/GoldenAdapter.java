package io.lockstep.model.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;

/** Adapters of the public library, and what it computes and trains with them. */
public enum GoldenAdapter {
  /** Rank 4 on the language model's linear layers. */
  LORA("adapter", "adapter_after_10_steps"),
  /**
   * Learned magnitudes, ranks 4 and 3, on layers of both towers, scaled by the root of the rank,
   * with a merger that is trained whole; made by {@code tools/adapter_goldens.py}.
   */
  DORA("dora", "dora/after_10_steps");

  private final String folder;
  private final String trained;

  GoldenAdapter(String folder, String trained) {
    this.folder = folder;
    this.trained = trained;
  }

  /** The adapter in the public format. */
  public Path folder(GoldenFamily family) {
    return family.file(folder);
  }

  /** Name of its logits at last positions of the reference batch among {@link ExactValues}. */
  public String exact() {
    return folder + ".logits";
  }

  /** Name of those of the model that the public library merges it into. */
  public String exactMerged() {
    return "merged_" + folder + ".logits";
  }

  /**
   * What the public library merges it into: the weights that change, and the logits of the last
   * positions of the reference batch, {@code last_logits}.
   */
  public Path merged(GoldenFamily family) {
    return family.file("merged/" + folder + ".safetensors");
  }

  /** Loss and norm of the gradient of ten training steps. */
  public JsonNode steps(GoldenFamily family) throws IOException {
    return this == LORA
        ? family.cases().get("lora_training")
        : new ObjectMapper().readTree(family.file("dora/training.json").toFile());
  }

  /** The adapter's tensors after these steps. */
  public Path trained(GoldenFamily family) {
    return family.file(trained + ".safetensors");
  }

  /** What a tensor is called in {@link #trained}. */
  public String trainedName(String tensor) {
    return this == LORA ? tensor.replace(".weight", ".default.weight") : tensor;
  }
}
