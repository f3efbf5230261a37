package io.lockstep.data.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.TrainedTasks.Lesson;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrainedTasksTest {

  private static final Prompts RUN = Prompts.defaults();

  private static PromptTexts user(String text) {
    return new PromptTexts(Optional.empty(), Optional.of(text));
  }

  private static Lesson lesson(String name, DatasetTemplate template, PromptTexts own) {
    return Lesson.of(name, template, 0.5, own, RUN);
  }

  private static TrainedTasks of(Lesson... lessons) {
    return new TrainedTasks(RUN, EmitNorm.NORM1000, Optional.of(List.of(lessons)));
  }

  @Test
  void aTaskIsAskedForInTheWordsOfTheFirstDatasetThatTaughtIt() {
    TrainedTasks trained =
        of(
            lesson("short", DatasetTemplate.TARGET_SUMMARY, user("Sum up.")),
            lesson("site", DatasetTemplate.TARGET_DENSE, user("List all.")),
            lesson("other", DatasetTemplate.SOURCE_DENSE, PromptTexts.NONE));
    assertEquals("Sum up.", trained.prompts(Task.SUMMARY).user(Task.SUMMARY));
    assertEquals("List all.", trained.prompts(Task.DENSE).user(Task.DENSE));
    assertEquals(2, trained.wordings(Task.DENSE).size());
    assertTrue(trained.isTrained(Task.DENSE, trained.wordings(Task.DENSE).getLast()));
    assertFalse(trained.isTrained(Task.DENSE, RUN));
    assertEquals(Optional.empty(), trained.severalWordings(Task.SUMMARY));
    String several = trained.severalWordings(Task.DENSE).orElseThrow();
    assertTrue(several.contains("site, other: it is asked for in those of 'site'"), several);
  }

  @Test
  void theWordsOfASourceAreServedWhereNoTargetTaughtTheTask() {
    TrainedTasks trained =
        of(
            lesson("short", DatasetTemplate.TARGET_SUMMARY, PromptTexts.NONE),
            lesson("other", DatasetTemplate.SOURCE_DENSE, PromptTexts.NONE));
    assertEquals(
        PromptTexts.sourceDense().user().orElseThrow(),
        trained.prompts(Task.DENSE).user(Task.DENSE));
  }

  @Test
  void whatWasNeverTrainedIsRefusedByName() {
    TrainedTasks trained =
        of(
            lesson("site", DatasetTemplate.TARGET_DENSE, PromptTexts.NONE),
            lesson("talk", DatasetTemplate.CHATML, PromptTexts.NONE));
    assertEquals(Optional.empty(), trained.refusal(Task.DENSE));
    String refusal = trained.refusal(Task.SUMMARY).orElseThrow();
    for (String part :
        List.of(
            "never trained for summary answers",
            "dense by dataset 'site' (template target_dense)",
            "conversations by dataset 'talk' (template chatml)",
            "template target_summary or mixed",
            "--allow-untrained-mode")) {
      assertTrue(refusal.contains(part), refusal);
    }
    assertEquals(List.of(RUN), trained.wordings(Task.SUMMARY));
  }

  @Test
  void aMixedDatasetTeachesBothUnlessItsShareSaysOtherwise() {
    assertEquals(
        Set.of(Task.DENSE, Task.SUMMARY),
        Lesson.of("m", DatasetTemplate.MIXED, 0.5, PromptTexts.NONE, RUN).tasks());
    assertEquals(
        Set.of(Task.SUMMARY),
        Lesson.of("m", DatasetTemplate.MIXED, 0, PromptTexts.NONE, RUN).tasks());
  }

  @Test
  void ofAModelThatNoRunWroteEverythingMayBeAsked() {
    for (Task task : Task.values()) {
      assertEquals(Optional.empty(), TrainedTasks.unknown().refusal(task));
      assertTrue(TrainedTasks.unknown().isTrained(task, RUN));
    }
  }
}
