package io.lockstep.worker.config;

import java.util.List;

/** Options of other training programs that are left out on purpose, with what to do instead. */
final class RemovedOptions {

  private static final List<Removed> ALL =
      List.of(
          new Removed(
              "packing",
              "samples of a micro-batch are padded to its longest, in groups of similar length,"
                  + " instead of being joined, so that each one's bits are its own; remove the key"
                  + " and set training.group_by_length: true to save padding"),
          new Removed(
              "hard_sample_mining",
              "the order of samples is fixed before the first step, whatever their losses, so that"
                  + " any number of workers sees the same; remove the key and repeat hard records in"
                  + " data.train_jsonl, or give them a dataset of their own in data.fusion with a"
                  + " ratio above 1"),
          new Removed(
              "model_max_length",
              "training.global_max_length is the one length option; set it instead"));

  private RemovedOptions() {}

  private record Removed(String part, String reason) {}

  /** Refuses every removed option in a section, under any name that holds its own. */
  static void refuse(Section section) {
    ALL.forEach(removed -> section.refuse(key -> key.contains(removed.part()), removed.reason()));
  }
}
