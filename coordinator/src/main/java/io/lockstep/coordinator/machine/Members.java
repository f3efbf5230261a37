package io.lockstep.coordinator.machine;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The workers that have joined the run, spares included, in the order in which they came. */
final class Members {
  private final Map<Long, Member> bySession = new LinkedHashMap<>();
  private final Map<String, Member> byName = new HashMap<>();
  private final Map<String, Member> byAddress = new HashMap<>();
  private final Set<Member> leaving = new LinkedHashSet<>();
  private int available;

  int size() {
    return bySession.size();
  }

  Collection<Member> all() {
    return Collections.unmodifiableCollection(bySession.values());
  }

  @Nullable Member bySession(long session) {
    return bySession.get(session);
  }

  @Nullable Member byName(String name) {
    return byName.get(name);
  }

  @Nullable Member byAddress(String address) {
    return byAddress.get(address);
  }

  /** Number of workers that can be members of the next epoch. */
  int available() {
    return available;
  }

  /** Workers that want to leave. */
  Set<Member> leaving() {
    return Collections.unmodifiableSet(leaving);
  }

  void add(Member member) {
    bySession.put(member.session, member);
    byName.put(member.name(), member);
    byAddress.put(member.address, member);
    available += member.isAvailable() ? 1 : 0;
  }

  void remove(Member member) {
    bySession.remove(member.session);
    byName.remove(member.name());
    byAddress.remove(member.address);
    available -= member.isAvailable() ? 1 : 0;
    leaving.remove(member);
  }

  /** Notes that a worker wants to leave. */
  void setLeaving(Member member, String reason) {
    available -= member.isAvailable() ? 1 : 0;
    member.leaving = reason;
    leaving.add(member);
  }

  /** Notes that a worker has loaded the model. */
  void setLoaded(Member member) {
    if (member.loading) {
      member.loading = false;
      available += member.isAvailable() ? 1 : 0;
    }
  }
}
