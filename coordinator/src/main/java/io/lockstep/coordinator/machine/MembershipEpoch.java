package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The present membership: who takes part, how far each has come, and what went wrong. Its
 * generation numbers the epochs of a run. Members compute; departing workers hand over their shards
 * and leave; both are its participants.
 */
final class MembershipEpoch {

  /** Most names in a message. */
  private static final int NAMES_SHOWN = 8;

  private final long generation;
  private final long firstStep;
  private final long formedAt;
  private final List<Member> members;
  private final List<Member> departing;
  private int ready;
  private int reduced;
  private int applied;
  private boolean begun;
  private long leasedUntil;
  private @Nullable String endReason;
  private boolean shrunk;
  private int broken;
  private long brokenSince;

  /**
   * An epoch whose participants have yet to connect and load.
   *
   * @param formedAt now
   * @param members in the order of their ranks
   */
  MembershipEpoch(
      long generation,
      long firstStep,
      long formedAt,
      List<Member> members,
      List<Member> departing) {
    this.generation = generation;
    this.formedAt = formedAt;
    this.firstStep = firstStep;
    this.members = List.copyOf(members);
    this.departing = new ArrayList<>(departing);
    this.leasedUntil = firstStep;
  }

  long generation() {
    return generation;
  }

  /** When it was formed, in milliseconds. */
  long formedAt() {
    return formedAt;
  }

  /** Steps that were committed when it was formed. */
  long firstStep() {
    return firstStep;
  }

  List<Member> members() {
    return members;
  }

  List<Member> departing() {
    return Collections.unmodifiableList(departing);
  }

  int size() {
    return members.size();
  }

  /** Members in the order of their ranks, then the departing. */
  List<Member> participants() {
    List<Member> all = new ArrayList<>(members);
    all.addAll(departing);
    return all;
  }

  void forEach(Consumer<Member> action) {
    members.forEach(action);
    departing.forEach(action);
  }

  /** The participant of a rank. */
  Optional<Member> byRank(int rank) {
    return rank >= 0 && rank < members.size()
        ? Optional.of(members.get(rank))
        : departing.stream().filter(member -> member.rank == rank).findFirst();
  }

  /** A departing worker has handed over its shards and leaves. */
  void released(Member member) {
    departing.remove(member);
  }

  // ---- forming

  void markReady(Member member) {
    member.ready = true;
    ready++;
  }

  boolean isReady() {
    return ready == members.size() + departing.size();
  }

  /** Whether steps may be computed. */
  boolean hasBegun() {
    return begun;
  }

  void begin() {
    begun = true;
    applied = members.size();
  }

  /** Participants that are not ready yet. */
  List<Member> unready() {
    return participants().stream().filter(member -> !member.ready).toList();
  }

  /** Names of the participants that are not ready yet, for messages. */
  String notReady() {
    return names(unready().stream().map(Member::describe).toList());
  }

  /** The first of some names, and how many more there are, for messages. */
  static String names(List<String> names) {
    String shown = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
    int more = names.size() - NAMES_SHOWN;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }

  // ---- steps

  long leasedUntil() {
    return leasedUntil;
  }

  void lease(long until) {
    leasedUntil = until;
  }

  void markReduced(Member member, StepDecision.Report report) {
    member.report = report;
    reduced++;
  }

  boolean isReduced() {
    return begun && reduced == members.size();
  }

  /** Everybody's report, by rank; the next step begins. */
  List<StepDecision.Report> takeReports() {
    List<StepDecision.Report> reports = new ArrayList<>(members.size());
    for (Member member : members) {
      StepDecision.Report report = member.report;
      if (report != null) {
        reports.add(report);
      }
      member.report = null;
    }
    reduced = 0;
    applied = 0;
    return reports;
  }

  void markApplied() {
    applied++;
  }

  /** Members that have yet to reduce the step, or to apply the one before. */
  List<Member> late() {
    return members.stream().filter(member -> member.report == null).toList();
  }

  /** Whether everybody has applied all that was leased and waits. */
  boolean standsAt(long committed) {
    return begun && leasedUntil == committed && applied == members.size();
  }

  // ---- trouble

  /**
   * The epoch is over; the first reason counts.
   *
   * @param smaller whether a worker was lost
   */
  void end(String why, boolean smaller) {
    if (endReason == null) {
      endReason = why;
    }
    shrunk |= smaller;
  }

  /** Why it is over; null if it isn't. */
  @Nullable String endReason() {
    return endReason;
  }

  /** Whether a worker was lost with it. */
  boolean hasShrunk() {
    return shrunk;
  }

  void markBroken(Member member, Event.Broken what, long now) {
    if (broken == 0) {
      brokenSince = now;
    }
    member.broken = what;
    broken++;
  }

  /** Whether connections broke and no lost worker has explained it within the timeout. */
  boolean isDisconnected(long now, long timeoutMillis) {
    return broken > 0
        && (broken >= members.size() + departing.size() || now - brokenSince >= timeoutMillis);
  }

  /** Participants whose connections broke. */
  List<Member> disconnected() {
    return participants().stream().filter(member -> member.broken != null).toList();
  }
}
