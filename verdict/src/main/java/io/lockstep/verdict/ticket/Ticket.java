package io.lockstep.verdict.ticket;

import io.lockstep.data.stageb.Verdict;
import java.util.List;
import java.util.Locale;

/**
 * A group of pictures that people have decided.
 *
 * @param groupId its name; the same group may exist under both labels, as two tickets
 * @param mission what is inspected
 * @param written the label in its folder, which is part of its identity
 * @param label the label that counts: {@code written}, unless a reviewer decided otherwise
 * @param summaries Stage-A summaries of image_1 to image_N, none blank
 */
public record Ticket(
    String groupId, String mission, Verdict written, Verdict label, List<String> summaries) {

  public Ticket {
    summaries = List.copyOf(summaries);
  }

  /** A ticket that no reviewer has seen. */
  public Ticket(String groupId, String mission, Verdict label, List<String> summaries) {
    this(groupId, mission, label, label, summaries);
  }

  /** Its identity in every artifact: {@code group::label}. */
  public String key() {
    return groupId + "::" + written.name().toLowerCase(Locale.ROOT);
  }

  /** The same ticket as a reviewer decided it. */
  public Ticket decided(Verdict verdict) {
    return new Ticket(groupId, mission, written, verdict, summaries);
  }
}
