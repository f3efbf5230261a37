package io.lockstep.cli.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What answers miss and make up, by class: summaries are lists of {@code desc×N}, and a
 * description's class is what stands before its first slash.
 *
 * @param name the class
 * @param truth objects of it that are there
 * @param missed of these, not said, or said otherwise
 * @param extra said although they are not there
 */
record ClassErrors(String name, int truth, int missed, int extra) {

  private static final Pattern ENTRY = Pattern.compile("(.+)×([0-9]{1,6})");

  /** The classes of all truths and answers, most errors first. */
  static List<ClassErrors> of(List<String> truths, List<String> answers) {
    Map<String, int[]> sums = new TreeMap<>();
    for (int i = 0; i < truths.size(); i++) {
      Map<String, Integer> there = counts(truths.get(i));
      Map<String, Integer> said = counts(answers.get(i));
      there.forEach((name, count) -> {
        int[] sum = sums.computeIfAbsent(category(name), key -> new int[3]);
        sum[0] += count;
        sum[1] += Math.max(0, count - said.getOrDefault(name, 0));
      });
      said.forEach((name, count) ->
          sums.computeIfAbsent(category(name), key -> new int[3])[2] +=
              Math.max(0, count - there.getOrDefault(name, 0)));
    }
    List<ClassErrors> classes = new ArrayList<>();
    sums.forEach((name, sum) -> classes.add(new ClassErrors(name, sum[0], sum[1], sum[2])));
    classes.sort(Comparator.comparingInt(ClassErrors::errors).reversed());
    return classes;
  }

  int errors() {
    return missed + extra;
  }

  private static String category(String description) {
    int slash = description.indexOf('/');
    return slash > 0 ? description.substring(0, slash) : description;
  }

  private static Map<String, Integer> counts(String summary) {
    Map<String, Integer> counts = new HashMap<>();
    for (String part : summary.split("[，\\n]", -1)) {
      Matcher entry = ENTRY.matcher(part.strip());
      if (entry.matches()) {
        counts.merge(entry.group(1), Integer.parseInt(entry.group(2)), Integer::sum);
      }
    }
    return counts;
  }
}
