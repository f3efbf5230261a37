package io.lockstep.verdict;

import io.lockstep.verdict.reflection.ReflectionPrompts;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.ticket.Draws;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model that does what the guidance in its prompt says, with mistakes that are the more frequent
 * the higher the temperature; and that answers reflections through a reflector.
 *
 * @param reflector answers a reflection's question with text; it sees what a model would see
 */
record ScriptedModel(Reflecting reflector) implements TextGenerator {

  /** What an item says so that this model follows it. */
  static final String FAILS = "即不通过";

  private static final Pattern ITEM = Pattern.compile("(?m)^\\[[SG]\\d+](.*)$");
  private static final Pattern RULE = Pattern.compile("([^\\s、，：]+/[^\\s、，]+?)(?=、|" + FAILS + ")");
  private static final Pattern PICTURE = Pattern.compile("(?m)^Image(\\d+)\\(obj=\\d+\\): (.*)$");

  /** Answers reflections. */
  interface Reflecting {
    String decide(Question question);

    String propose(Question question);
  }

  @Override
  public List<Reply> generate(List<Question> questions) {
    return questions.stream().map(this::answer).map(Reply::of).toList();
  }

  private String answer(Question question) {
    if (question.system().startsWith(ReflectionPrompts.DECISION)) {
      return reflector.decide(question);
    }
    if (question.system().startsWith(ReflectionPrompts.OPERATIONS)) {
      return reflector.propose(question);
    }
    double temperature = question.decoding().temperature();
    double draw = Draws.unit(question.decoding().seed(), question.user(), "noise " + temperature);
    if (draw < 0.005) {
      return "我认为通过";
    }
    String found = finding(question);
    boolean fails = !found.isEmpty();
    boolean mistaken = draw > 1 - 0.02 - 0.06 * temperature;
    return (fails != mistaken)
        ? "Verdict: 不通过\nReason: " + (fails ? found : "Image1: 存在缺陷")
        : "Verdict: 通过\nReason: 各图均符合要求";
  }

  /** The first clause that an item names. */
  private static String finding(Question question) {
    List<String> rules = rules(question.system());
    Matcher pictures = PICTURE.matcher(question.user());
    while (pictures.find()) {
      for (String clause : clauses(pictures.group(2))) {
        if (rules.contains(clause)) {
          return "Image" + pictures.group(1) + ": " + clause;
        }
      }
    }
    return "";
  }

  private static List<String> rules(String system) {
    List<String> rules = new ArrayList<>();
    Matcher items = ITEM.matcher(system);
    while (items.find()) {
      rules.addAll(rulesOf(items.group(1)));
    }
    return rules;
  }

  /** What an item's text forbids. */
  static List<String> rulesOf(String text) {
    if (!text.endsWith(FAILS)) {
      return List.of();
    }
    return RULE.matcher(text).results().map(found -> found.group(1)).toList();
  }

  static List<String> clauses(String summary) {
    return Pattern.compile("，")
        .splitAsStream(summary)
        .map(clause -> clause.replaceAll("×\\d+", "").strip())
        .toList();
  }
}
