package io.lockstep.verdict.rollout;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import io.lockstep.verdict.ticket.Ticket;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks for candidates: every group with every decoding setting, all in one batch.
 *
 * @param domain what all missions have in common
 * @param settings how candidates are made
 * @param generator what is asked
 */
public record Rollouts(Domain domain, RolloutSection settings, TextGenerator generator) {

  /** Candidates of each ticket, in the same order. */
  public List<List<Candidate>> of(Guidance guidance, List<Ticket> tickets) {
    List<Question> questions = new ArrayList<>();
    for (Ticket ticket : tickets) {
      Conversation prompt = prompt(domain, guidance, ticket.summaries());
      decodings().forEach(decoding -> questions.add(Question.of(prompt, decoding)));
    }
    List<Reply> replies = questions.isEmpty() ? List.of() : generator.generate(questions);
    int each = decodings().size();
    List<List<Candidate>> all = new ArrayList<>();
    for (int t = 0; t < tickets.size(); t++) {
      List<Candidate> candidates = new ArrayList<>();
      for (int c = 0; c < each; c++) {
        int place = t * each + c;
        candidates.add(Candidate.of(c, questions.get(place).decoding(), replies.get(place)));
      }
      all.add(List.copyOf(candidates));
    }
    return List.copyOf(all);
  }

  private List<Decoding> decodings() {
    List<Decoding> all = new ArrayList<>();
    for (Decoding decoding : settings.grid()) {
      for (int sample = 0; sample < settings.samplesPerDecode(); sample++) {
        all.add(decoding.sample(sample));
      }
    }
    return all;
  }

  /**
   * The question about one group. It knows nothing of labels.
   *
   * @param summaries of its pictures, in order
   */
  public static Conversation prompt(Domain domain, Guidance guidance, List<String> summaries) {
    StringBuilder system = new StringBuilder(domain.rules());
    if (!domain.block().isEmpty()) {
      system.append('\n').append(domain.block());
    }
    for (GuidanceItem item : guidance.items()) {
      system.append("\n[").append(item.key()).append(']').append(item.text());
    }
    return RolloutPrompt.of(system.toString(), guidance.mission(), guidance.focus(), summaries);
  }
}
