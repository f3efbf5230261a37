package io.lockstep.cli.quickstart;

import io.lockstep.data.stageb.Verdict;
import io.lockstep.gateway.stage.Group;
import io.lockstep.gateway.stage.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder of pictures that are judged together: {@code <mission>/<label>/<group>}.
 *
 * @param label 审核通过 or 审核不通过
 * @param summaries what Stage-A said about its pictures, in order
 */
record GroupFolder(String group, String label, String mission, List<String> summaries) {

  private static final String PASS_LABEL = "审核通过";

  GroupFolder {
    summaries = List.copyOf(summaries);
  }

  /** The groups of pictures in the order of their first picture. */
  static List<GroupFolder> of(List<Path> pictures, List<String> summaries) {
    Map<Path, List<String>> byFolder = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      Path picture = pictures.get(i).toAbsolutePath();
      Path folder = picture.subpath(0, picture.getNameCount() - 1);
      byFolder.computeIfAbsent(folder, path -> new ArrayList<>()).add(summaries.get(i));
    }
    return byFolder.entrySet().stream()
        .map(entry -> new GroupFolder(entry.getKey(), entry.getValue()))
        .toList();
  }

  private GroupFolder(Path folder, List<String> summaries) {
    this(name(folder, 0), name(folder, 1), name(folder, 2), summaries);
  }

  /** The name of a folder, or of the one {@code up} levels above it. */
  private static String name(Path folder, int up) {
    return folder.getName(folder.getNameCount() - 1 - up).toString();
  }

  /** What may be asked about it: all but the label, which only keeps ids apart. */
  Group request() {
    return new Group(group + "::" + label, mission, summaries);
  }

  /** Compares what the model said with the label. */
  Results.Verdict judge(Outcome outcome) {
    Verdict expected = label.equals(PASS_LABEL) ? Verdict.PASS : Verdict.FAIL;
    return switch (outcome) {
      case Outcome.Judged judged ->
          new Results.Verdict(
              group,
              label,
              judged.judgement().verdict() == expected,
              judged.judgement().text());
      case Outcome.Malformed malformed ->
          new Results.Verdict(group, label, false, malformed.problem() + ": " + malformed.raw());
    };
  }
}
