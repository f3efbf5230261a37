package io.lockstep.cli.plan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The changes that make training fit into a device's memory, the least intrusive first.
 *
 * @param question what fits, or what comes closest
 * @param memory what it takes
 * @param changes what is written otherwise in a recipe; empty if nothing has to be
 */
record Remedy(Question question, RankMemory memory, List<String> changes) {

  /** Samples are not made shorter than this. */
  private static final int LEAST_LENGTH = 256;

  private static final int GRADIENTS_STAGE = 2;

  /** The most workers that are proposed. */
  private static final int MOST_WORKERS = 16;

  /**
   * Kinds of changes, in the order in which they are tried: those that keep the weights, then those
   * that keep what is learned, then the rest. Stage 3 of ZeRO is none of them: the rank that needs
   * most is the one that saves, and has all weights then.
   */
  enum Kind {
    /** Gradients are reduced and given back as they are computed. */
    SHARED_GRADIENTS,
    /** Gradient checkpointing: time for memory, the same weights. */
    CHECKPOINTING,
    /** Fewer samples at once, more of them one after the other. */
    FEWER_ROWS,
    /** As many shares of a step as workers, so that no sum of gradients waits. */
    FEWER_VIRTUAL_RANKS,
    /** No copies of each other's state. */
    NO_REPLICAS,
    /** An adapter instead of all weights. */
    ADAPTER,
    /** Shorter samples. */
    SHORTER,
    /** More workers. */
    MORE_WORKERS
  }

  Remedy {
    changes = List.copyOf(changes);
  }

  /** One change: what a question becomes, or nothing if it has no effect. */
  private record Change(Kind kind, int amount) {
    Optional<Question> apply(Question question) throws IOException {
      MicroBatch batch = question.batch();
      Sharing sharing = question.sharing();
      return switch (kind) {
        case SHARED_GRADIENTS ->
            sharing.stage() < GRADIENTS_STAGE
                ? Optional.of(question.with(sharing.atStage(GRADIENTS_STAGE)))
                : Optional.empty();
        case CHECKPOINTING ->
            batch.checkpointing()
                ? Optional.empty()
                : Optional.of(question.with(batch.checkpointed()));
        case FEWER_ROWS ->
            amount < batch.rows()
                ? Optional.of(question.with(batch.ofRows(amount)))
                : Optional.empty();
        case FEWER_VIRTUAL_RANKS ->
            sharing.world() < sharing.virtualRanks() && sharing.samples() % sharing.world() == 0
                ? Optional.of(question.with(sharing.withVirtualRanks(sharing.world())))
                : Optional.empty();
        case NO_REPLICAS ->
            sharing.replicates() && sharing.world() > 1
                ? Optional.of(question.with(sharing.withoutReplicas()))
                : Optional.empty();
        case ADAPTER -> question.isFull() ? Optional.of(question.withAdapter()) : Optional.empty();
        case SHORTER ->
            amount < batch.length()
                ? Optional.of(question.with(batch.ofLength(amount)))
                : Optional.empty();
        case MORE_WORKERS -> amount > sharing.world() ? question.on(amount) : Optional.empty();
      };
    }
  }

  /**
   * Looks for changes until everything fits: each kind is added to those before, and what turns out
   * not to be needed is taken back.
   *
   * @param device memory of the device
   * @param allowance what of it is kept free
   * @param allowed kinds that may be proposed, which are tried in their order
   * @return what fits, or what comes closest if nothing does
   */
  static Remedy find(Question asked, long device, long allowance, EnumSet<Kind> allowed)
      throws IOException {
    List<Change> chosen = new ArrayList<>();
    if (fits(asked, device, allowance)) {
      return of(asked, asked, allowance);
    }
    Question best = asked;
    List<Kind> kinds = new ArrayList<>(allowed);
    if (allowed.contains(Kind.NO_REPLICAS)) {
      // One worker alone has no replicas to do without.
      kinds.add(Kind.NO_REPLICAS);
    }
    for (Kind kind : kinds) {
      List<Change> effective = new ArrayList<>();
      for (Change change : changes(kind, asked)) {
        Optional<Question> changed = change.apply(best);
        if (changed.isPresent()) {
          effective.add(change);
          if (fits(changed.get(), device, allowance)) {
            chosen.add(change);
            return of(asked, withoutNeedless(asked, chosen, device, allowance), allowance);
          }
        }
      }
      if (!effective.isEmpty()) {
        Question most = effective.getLast().apply(best).orElseThrow();
        if (RankMemory.of(most, allowance).total() < RankMemory.of(best, allowance).total()) {
          chosen.add(effective.getLast());
          best = most;
        }
      }
    }
    return of(asked, best, allowance);
  }

  /** Whether it does. */
  boolean fits(long device) {
    return memory.total() <= device;
  }

  /** The amounts of a kind of change, the smallest first. */
  private static List<Change> changes(Kind kind, Question asked) {
    IntStream amounts =
        switch (kind) {
          case FEWER_ROWS ->
              IntStream.iterate(asked.batch().rows() / 2, rows -> rows > 0, rows -> rows / 2);
          case SHORTER ->
              IntStream.iterate(
                  asked.batch().length() / 2,
                  length -> length >= LEAST_LENGTH,
                  length -> length / 2);
          case MORE_WORKERS ->
              IntStream.iterate(2, workers -> workers <= MOST_WORKERS, workers -> 2 * workers);
          case SHARED_GRADIENTS, CHECKPOINTING, FEWER_VIRTUAL_RANKS, NO_REPLICAS, ADAPTER ->
              IntStream.of(0);
        };
    return amounts.mapToObj(amount -> new Change(kind, amount)).toList();
  }

  /** Takes changes back without which it fits too, the most intrusive first. */
  private static Question withoutNeedless(
      Question asked, List<Change> chosen, long device, long allowance) throws IOException {
    List<Change> needed = new ArrayList<>(chosen);
    for (Change change : chosen.reversed()) {
      List<Change> fewer = new ArrayList<>(needed);
      fewer.remove(change);
      if (fits(applied(asked, fewer), device, allowance)) {
        needed = fewer;
      }
    }
    return applied(asked, needed);
  }

  private static Question applied(Question asked, List<Change> changes) throws IOException {
    Question question = asked;
    for (Change change : changes) {
      question = change.apply(question).orElse(question);
    }
    return question;
  }

  private static boolean fits(Question question, long device, long allowance) throws IOException {
    return RankMemory.of(question, allowance).total() <= device;
  }

  private static Remedy of(Question asked, Question found, long allowance) throws IOException {
    return new Remedy(found, RankMemory.of(found, allowance), described(asked, found));
  }

  private static List<String> described(Question asked, Question found) {
    List<String> changes = new ArrayList<>();
    MicroBatch batch = found.batch();
    Sharing before = asked.sharing();
    Sharing after = found.sharing();
    if (after.stage() != before.stage()) {
      changes.add("deepspeed.config: zero" + after.stage());
    }
    if (batch.checkpointing() && !asked.batch().checkpointing()) {
      changes.add("training.gradient_checkpointing: true");
    }
    if (batch.rows() != asked.batch().rows()) {
      changes.add(
          "training.per_device_train_batch_size: %d with training.gradient_accumulation_steps: %d"
              .formatted(batch.rows(), after.samples() / batch.rows()));
    }
    if (after.virtualRanks() != before.virtualRanks() && after.world() == before.world()) {
      changes.add("cluster.virtual_ranks: " + after.virtualRanks());
    }
    if (after.replicates() != before.replicates()) {
      changes.add("cluster.resilience: checkpoint");
    }
    if (found.isFull() != asked.isFull()) {
      changes.add("tuner.train_type: lora");
    }
    if (batch.length() != asked.batch().length()) {
      changes.add(
          batch.pictureTokens() > 0
              ? String.format(
                  Locale.ROOT,
                  "global_max_length: %d, pictures of at most %d tokens",
                  batch.length(),
                  batch.pictureTokens())
              : "global_max_length: " + batch.length());
    }
    if (after.world() != before.world()) {
      changes.add(
          after.world()
              + " workers"
              + (before.scales() || after.virtualRanks() == before.virtualRanks()
                  ? ""
                  : " with cluster.virtual_ranks: " + after.virtualRanks()));
    }
    return changes;
  }
}
