package io.lockstep.verdict.guardrail;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The guard rail that lets a group fail whatever the model says: a clause of a summary that calls
 * an object faulty, if the mission's check list is about that object. Clauses that deny a fault or
 * leave it open force nothing; nor does the remark behind {@code 需复核,备注:}.
 */
public final class FailFirst {

  private static final Pattern CLAUSES = Pattern.compile("[，,；;。\\n]|但是|但");
  private static final Pattern REMARK = Pattern.compile("需复核[，,]\\s*备注[:：][^；;。\\n]*");
  private static final Pattern COUNT = Pattern.compile("\\s*×\\d+");
  private static final String ISSUE = "<issue>";

  private final Domain domain;
  private final List<Pattern> faults;

  /** The guard rail of a domain. */
  public FailFirst(Domain domain) {
    this.domain = domain;
    this.faults =
        Stream.concat(
                domain.patterns().stream().map(FailFirst::pattern),
                domain.negatives().stream().map(word -> Pattern.compile(Pattern.quote(word))))
            .toList();
  }

  /**
   * What it has found.
   *
   * @param image number of the picture, from 1
   * @param clause without counts
   */
  public record Finding(int image, String clause) {

    /** The reason of the fail that it forces. */
    public String reason() {
      return "Image" + image + ": " + clause;
    }
  }

  private static Pattern pattern(String text) {
    int at = text.indexOf(ISSUE);
    return at < 0
        ? Pattern.compile(Pattern.quote(text))
        : Pattern.compile(
            Pattern.quote(text.substring(0, at))
                + "[^/×\\s]+"
                + Pattern.quote(text.substring(at + ISSUE.length())));
  }

  /** The first clause that forces a fail, if there is one. */
  public Optional<Finding> find(Guidance guidance, List<String> summaries) {
    List<String> objects = objects(guidance);
    for (int i = 0; i < summaries.size(); i++) {
      String told = REMARK.matcher(summaries.get(i)).replaceAll("");
      for (String part : CLAUSES.splitAsStream(told).toList()) {
        String clause = COUNT.matcher(part).replaceAll("").strip();
        if (objects.stream().anyMatch(clause::contains) && isFault(clause)) {
          return Optional.of(new Finding(i + 1, clause));
        }
      }
    }
    return Optional.empty();
  }

  /** The mission's objects that its check list still names. */
  private static List<String> objects(Guidance guidance) {
    String checkList = guidance.item(Guidance.CHECK_LIST).map(GuidanceItem::text).orElse("");
    return guidance.objects().stream().filter(checkList::contains).toList();
  }

  private boolean isFault(String clause) {
    boolean open =
        domain.doubts().stream().anyMatch(clause::contains)
            || Judgement.thirdState(clause).isPresent();
    return !open && faults.stream().anyMatch(fault -> isUndenied(fault, clause));
  }

  /** Whether a fault stands in a clause without a negation before it. */
  private boolean isUndenied(Pattern fault, String clause) {
    Matcher found = fault.matcher(clause);
    while (found.find()) {
      String before = clause.substring(0, found.start());
      if (domain.negations().stream().noneMatch(before::contains)) {
        return true;
      }
    }
    return false;
  }
}
