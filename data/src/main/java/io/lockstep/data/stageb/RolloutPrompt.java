package io.lockstep.data.stageb;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The question of Stage-B: a system message with the task's rules and the check list G0, and a user
 * message with the mission and one line {@code ImageN(obj=K): <summary>} per picture. It never
 * holds the group's label.
 */
public final class RolloutPrompt {

  /** Rules and check list. Short on purpose: every prompt of a run pays for its tokens. */
  public static final String SYSTEM = "据各图摘要判定，只答Verdict、Reason两行。\n[G0]螺丝、接头、光纤、挡风板有缺陷即不通过。";

  /** Soft signal of a summary; the prompt keeps the remark behind it and drops the marker. */
  private static final Pattern REVIEW_MARKER = Pattern.compile("需复核[，,]\\s*备注[:：]\\s*");

  private static final Pattern COUNT = Pattern.compile("×(\\d{1,6})");

  private RolloutPrompt() {}

  /**
   * The conversation up to the model's turn.
   *
   * @param mission what is inspected; one line
   * @param summaries Stage-A summaries of image_1 to image_N in order, at least one, none blank
   * @throws IllegalArgumentException if there is no summary or one is blank, or a line break is in
   *     the mission
   */
  public static Conversation of(String mission, List<String> summaries) {
    return of(SYSTEM, mission, "", summaries);
  }

  /**
   * The same with other rules.
   *
   * @param system the system message
   * @param focus what to look at; nothing if it is empty
   */
  public static Conversation of(
      String system, String mission, String focus, List<String> summaries) {
    if (mission.isBlank() || mission.indexOf('\n') >= 0) {
      throw new IllegalArgumentException(
          "a mission is one non-blank line, not \"" + mission + "\"");
    }
    if (summaries.isEmpty()) {
      throw new IllegalArgumentException("a group needs the summary of at least one picture");
    }
    StringBuilder user = new StringBuilder("任务：").append(mission);
    if (!focus.isEmpty()) {
      user.append("\n关注：").append(focus);
    }
    lines(summaries).forEach(line -> user.append('\n').append(line));
    return new Conversation(
        List.of(Message.text(Role.SYSTEM, system), Message.text(Role.USER, user.toString())));
  }

  /**
   * A line for each picture: {@code ImageN(obj=K): <summary>}.
   *
   * @throws IllegalArgumentException if a summary is blank
   */
  public static List<String> lines(List<String> summaries) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < summaries.size(); i++) {
      String summary = clean(summaries.get(i));
      if (summary.isBlank()) {
        throw new IllegalArgumentException("the summary of image_" + (i + 1) + " is empty");
      }
      lines.add("Image%d(obj=%d): %s".formatted(i + 1, objects(summary), summary));
    }
    return lines;
  }

  /** Number of objects that a summary names: the sum of its {@code ×N} counts. */
  public static int objects(String summary) {
    int sum = 0;
    Matcher counts = COUNT.matcher(summary);
    while (counts.find()) {
      sum += Integer.parseInt(counts.group(1));
    }
    return sum;
  }

  /** The summary in one line, without review markers. */
  public static String clean(String summary) {
    return REVIEW_MARKER.matcher(summary.replaceAll("\\s*\\R\\s*", " ")).replaceAll("").strip();
  }
}
