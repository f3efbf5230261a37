package io.lockstep.worker.config;

import io.lockstep.config.RemovedOption;
import java.util.List;

/** Options of other training programs that are left out on purpose, with what to do instead. */
final class RemovedOptions {

  static final List<RemovedOption> ALL =
      List.of(
          new RemovedOption(
              "packing",
              "samples of a micro-batch are padded to its longest, in groups of similar length,"
                  + " instead of being joined, so that each one's bits are its own; remove the key"
                  + " and set training.group_by_length: true to save padding"),
          new RemovedOption(
              "hard_sample_mining",
              "the order of samples is fixed before the first step, whatever their losses, so that"
                  + " any number of workers sees the same; remove the key and repeat hard records in"
                  + " data.train_jsonl, or give them a dataset of their own in data.fusion with a"
                  + " ratio above 1"),
          new RemovedOption(
              "token_selecting",
              "vision tokens are kept by the contrast of the picture behind them, the same way in"
                  + " training and serving, and not by a controller that learns; remove the key and"
                  + " set vision.token_budget, which training and serving then share"),
          new RemovedOption(
              "latency",
              "there is no token that asks for a budget; remove the key and set"
                  + " vision.token_budget to the share of vision tokens to keep, or compare shares"
                  + " with lockstep eval --sweep-token-budget"),
          new RemovedOption(
              "model_max_length", "global_max_length is the one length option; set it instead"));

  private RemovedOptions() {}
}
