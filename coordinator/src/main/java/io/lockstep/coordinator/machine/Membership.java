package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The workers of a run: in the order of joining before the world is formed, of rank afterwards. */
final class Membership {
  private final List<Member> members = new ArrayList<>();

  int size() {
    return members.size();
  }

  List<Member> inOrder() {
    return Collections.unmodifiableList(members);
  }

  @Nullable Member bySession(long session) {
    return first(member -> member.session == session);
  }

  @Nullable Member first(Predicate<Member> condition) {
    for (Member member : members) {
      if (condition.test(member)) {
        return member;
      }
    }
    return null;
  }

  boolean all(Predicate<Member> condition) {
    return members.stream().allMatch(condition);
  }

  void forEach(Consumer<Member> action) {
    members.forEach(action);
  }

  void add(Member member) {
    members.add(member);
  }

  void remove(Member member) {
    members.remove(member);
  }

  /** Ranks follow the names, so that they don't depend on who connected first. */
  void assignRanks() {
    members.sort(Comparator.comparing(member -> member.name));
    for (int rank = 0; rank < members.size(); rank++) {
      members.get(rank).rank = rank;
    }
  }

  List<WorldMember> asWorld() {
    return members.stream().map(Member::asWorldMember).toList();
  }

  /** The different capabilities in rank order; more than one may mean different bits. */
  List<String> capabilities() {
    return members.stream().map(member -> member.capability).distinct().toList();
  }

  /** Names of the members that don't meet a condition, for people. */
  String missing(Predicate<Member> condition) {
    return members.stream()
        .filter(condition.negate())
        .map(Member::describe)
        .collect(Collectors.joining(", "));
  }
}
