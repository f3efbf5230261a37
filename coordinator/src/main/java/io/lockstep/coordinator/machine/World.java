package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The present generation: who is in it, how far each has come, and what went wrong. */
final class World {

  /** Most names in a line for people. */
  private static final int NAMES_SHOWN = 8;

  private final long number;
  private final long firstStep;
  private final long formedAt;
  private final List<Member> members;
  private final List<Member> departing;
  private int ready;
  private int reduced;
  private int applied;
  private boolean begun;
  private long leasedUntil;
  private @Nullable String end;
  private boolean shrunk;
  private int broken;
  private long brokenSince;

  /**
   * A world that forms.
   *
   * @param formedAt now
   * @param members in the order of their ranks
   */
  World(long number, long firstStep, long formedAt, List<Member> members, List<Member> departing) {
    this.number = number;
    this.formedAt = formedAt;
    this.firstStep = firstStep;
    this.members = List.copyOf(members);
    this.departing = new ArrayList<>(departing);
    this.leasedUntil = firstStep;
  }

  long number() {
    return number;
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

  /** A departing worker has left. */
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

  /** Those that are not ready yet. */
  List<Member> unready() {
    List<Member> missing = new ArrayList<>();
    forEach(member -> {
      if (!member.ready) {
        missing.add(member);
      }
    });
    return missing;
  }

  /** Names of those that are not ready yet, for people. */
  String notReady() {
    return names(unready().stream().map(Member::describe).toList());
  }

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

  /** Those whose word is awaited: that they have reduced the step, or applied the last one. */
  List<Member> late() {
    return members.stream().filter(member -> member.report == null).toList();
  }

  /** Whether everybody has applied all that was leased and waits. */
  boolean standsAt(long committed) {
    return begun && leasedUntil == committed && applied == members.size();
  }

  // ---- trouble

  /** Somebody is lost or came back without its connections: this world is over. */
  void breakUp(String why, boolean smaller) {
    if (end == null) {
      end = why;
    }
    shrunk |= smaller;
  }

  /** Why it is over; null if it isn't. */
  @Nullable String end() {
    return end;
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

  /** Whether connections broke and nobody's death is to be expected to explain it. */
  boolean isTorn(long now, long patienceMillis) {
    return broken > 0
        && (broken >= members.size() + departing.size() || now - brokenSince >= patienceMillis);
  }

  /** Those whose connections broke. */
  List<Member> torn() {
    List<Member> torn = new ArrayList<>();
    forEach(member -> {
      if (member.broken != null) {
        torn.add(member);
      }
    });
    return torn;
  }
}
