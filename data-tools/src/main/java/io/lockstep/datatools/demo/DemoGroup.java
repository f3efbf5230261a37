package io.lockstep.datatools.demo;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * Pictures of one mission that pass or fail together. The rule: a group passes if and only if no
 * item of any of its pictures is faulty.
 */
record DemoGroup(String id, List<Scene> scenes) {

  /** What the demo data's groups are inspected for. */
  static final String MISSION = "机柜安装检查";

  private static final String PASS_REASON = "各图均符合要求";

  DemoGroup {
    scenes = List.copyOf(scenes);
  }

  Verdict verdict() {
    boolean faulty =
        scenes.stream().flatMap(scene -> scene.items().stream()).anyMatch(Item::faulty);
    return faulty ? Verdict.FAIL : Verdict.PASS;
  }

  /** The verdict with its reason: the first defect of the first picture that has one. */
  Judgement judgement() {
    for (int i = 0; i < scenes.size(); i++) {
      Optional<String> defect = InspectionWords.firstDefect(scenes.get(i).items());
      if (defect.isPresent()) {
        return new Judgement(Verdict.FAIL, "Image" + (i + 1) + ": " + defect.get());
      }
    }
    return new Judgement(Verdict.PASS, PASS_REASON);
  }

  /** Summaries of its pictures, in order. */
  List<String> summaries() {
    return scenes.stream().map(scene -> InspectionWords.summary(scene.items())).toList();
  }
}
