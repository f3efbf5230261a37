package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.machine.Event.RecordResult;
import io.lockstep.coordinator.machine.EventException.ProtocolViolation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An evaluation that the members of an epoch compute: what they reported so far. */
final class PendingEvaluation {
  private final long generation;
  private final long steps;
  private final @Nullable RecordResult[] results;
  private final Set<Member.WorkerId> missing = new HashSet<>();

  PendingEvaluation(long generation, long steps, int records, List<Member> members) {
    this.generation = generation;
    this.steps = steps;
    results = new @Nullable RecordResult[records];
    members.forEach(member -> missing.add(member.id));
  }

  long generation() {
    return generation;
  }

  long steps() {
    return steps;
  }

  /** Whether this worker's share is missing. */
  boolean awaits(Member member) {
    return missing.contains(member.id);
  }

  /** Whether every member has reported its share. */
  boolean isComplete() {
    return missing.isEmpty();
  }

  /**
   * Adds a worker's share.
   *
   * @throws ProtocolViolation if it has records that aren't there, that another one reported, or
   *     impossible counts
   */
  void add(Member member, Event.Evaluated share) {
    int first = share.firstRecord();
    List<RecordResult> own = share.results();
    if (first < 0 || first > results.length || own.size() > results.length - first) {
      throw new ProtocolViolation(
          "%s evaluated records %d to %d, expected some of 0 to %d"
              .formatted(member.describe(), first, first + own.size() - 1L, results.length - 1));
    }
    for (int i = 0; i < own.size(); i++) {
      RecordResult result = own.get(i);
      if (results[first + i] != null) {
        throw new ProtocolViolation(
            "%s evaluated record %d, which another worker evaluated"
                .formatted(member.describe(), first + i));
      }
      if (!result.isSound()) {
        throw new ProtocolViolation(
            "%s reported impossible counts of record %d: %s"
                .formatted(member.describe(), first + i, result));
      }
    }
    for (int i = 0; i < own.size(); i++) {
      results[first + i] = own.get(i);
    }
    missing.remove(member.id);
  }

  /** The first record that nobody evaluated, once everybody has reported. */
  Optional<Integer> unclaimed() {
    for (int record = 0; record < results.length; record++) {
      if (results[record] == null) {
        return Optional.of(record);
      }
    }
    return Optional.empty();
  }

  /** The sums over the records in their order. */
  CommittedEvaluation sum() {
    int records = 0;
    long tokens = 0;
    double lossSum = 0;
    long correct = 0;
    for (RecordResult result : claimed()) {
      if (result.tokens() > 0) {
        records++;
        tokens += result.tokens();
        lossSum += result.lossSum();
        correct += result.correctTokens();
      }
    }
    return new CommittedEvaluation(generation, steps, records, tokens, lossSum, correct);
  }

  private List<RecordResult> claimed() {
    List<RecordResult> claimed = new ArrayList<>(results.length);
    for (RecordResult result : results) {
      if (result != null) {
        claimed.add(result);
      }
    }
    return claimed;
  }
}
