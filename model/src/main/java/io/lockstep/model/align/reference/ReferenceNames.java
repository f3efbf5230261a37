package io.lockstep.model.align.reference;

import java.util.List;
import java.util.Set;

/** Names of the files, keys and tensors of a reference folder. */
final class ReferenceNames {

  static final String CASES = "cases.json";
  static final String FORWARD = "forward.safetensors";
  static final String GRADIENTS = "gradients.safetensors";
  static final String IMAGES = "images";

  static final String INPUT_IDS = "input_ids";
  static final String ATTENTION_MASK = "attention_mask";
  static final String LABELS = "labels";
  static final String POSITION_IDS = "position_ids";
  static final String PIXEL_VALUES = "pixel_values";
  static final String GRIDS = "image_grid_thw";
  static final String LOGITS = "logits";
  static final String LOSS = "loss";

  /** Tensors that a reference can't be without. */
  static final List<String> REQUIRED =
      List.of(INPUT_IDS, ATTENTION_MASK, LABELS, POSITION_IDS, LOGITS, LOSS);

  static final String CONVERSATIONS = "conversations";
  static final String GENERATE = "generate";
  static final String TOKENIZATION = "tokenization";

  /** Keys of cases.json that are compared. */
  static final Set<String> COMPARED_KEYS = Set.of(CONVERSATIONS, GRIDS, GENERATE, TOKENIZATION);

  /** Keys of cases.json that tell of training runs, which no check of one pass can compare. */
  static final Set<String> TRAINING_KEYS =
      Set.of(
          "full_training",
          "lora_training",
          "learning_rates",
          "schedule",
          "adamw",
          "max_grad_norm",
          "micro_batches",
          "jsd");

  private ReferenceNames() {}
}
