package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CollectiveRules;
import io.lockstep.coordinator.CollectiveRules.Choice;
import io.lockstep.coordinator.CollectiveRules.Transport;
import java.util.List;
import java.util.Optional;

/**
 * What the participants of an epoch exchange tensors over.
 *
 * @param why one line for people
 */
public record TransportChoice(Transport transport, String why) {

  /** What recipes of before have. */
  public static final TransportChoice TCP =
      new TransportChoice(Transport.TCP, "cluster.collective: tcp");

  /** The choice for these participants; a run that needs NCCL has admitted only those that can. */
  static TransportChoice of(CollectiveRules rules, List<Member> participants) {
    if (rules.choice() == Choice.TCP) {
      return TCP;
    }
    Optional<String> objection =
        participants.stream()
            .filter(member -> !member.nccl.isUsable())
            .findFirst()
            .map(member -> member.name() + " can't use NCCL: " + member.nccl.missing())
            .or(() -> otherVersion(participants));
    String sums = rules.nativeSums() ? "NCCL's own sums" : "sums in the run's order";
    return objection
        .filter(_ -> !rules.needsNccl())
        .map(why -> new TransportChoice(Transport.TCP, why))
        .orElseGet(() ->
            new TransportChoice(
                Transport.NCCL,
                "all %d workers have NCCL %s; %s"
                    .formatted(participants.size(), participants.getFirst().nccl.version(), sums)));
  }

  private static Optional<String> otherVersion(List<Member> participants) {
    Member first = participants.getFirst();
    return participants.stream()
        .filter(member -> !member.nccl.version().equals(first.nccl.version()))
        .findFirst()
        .map(member ->
            "%s has NCCL %s, %s has %s"
                .formatted(
                    first.name(), first.nccl.version(), member.name(), member.nccl.version()));
  }

  /** Whether people should read of it: not where nobody has NCCL and nobody asked for it. */
  boolean isNews(List<Member> participants) {
    return participants.stream().anyMatch(member -> member.nccl.isUsable());
  }
}
