package io.lockstep.cli.drill;

/** What the drill trains: a random model of two layers on forty drawn pictures. */
final class DrillRecipe {

  /** More steps than a drill lasts; it ends with {@code coordinator drain}. */
  static final int STEPS = 200_000;

  /** Steps from one checkpoint to the next. */
  static final int SAVED = 50;

  private DrillRecipe() {}

  /** The recipe over a folder of data and model, as it is named from where the recipe lies. */
  static String of(String folder) {
    return """
    global_max_length: 400
    model: {model: %s/model, weights: initialise}
    data: {train_jsonl: %s/data/train.jsonl, template: target_summary}
    training: {run_name: drill, seed: 7, max_steps: %d, save_steps: %d, save_total_limit: 8, per_device_train_batch_size: 8, gradient_accumulation_steps: 2, logging_steps: 1, learning_rate: 0.001}
    tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
    """
        .formatted(folder, folder, STEPS, SAVED);
  }
}
