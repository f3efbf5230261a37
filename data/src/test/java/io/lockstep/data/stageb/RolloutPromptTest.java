package io.lockstep.data.stageb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutPromptTest {

  private static String user(Conversation prompt) {
    Message last = prompt.messages().getLast();
    assertEquals(Role.USER, last.role());
    return ((Content.Text) last.contents().getFirst()).text();
  }

  @Test
  void everyPictureIsALineWithItsNumberOfObjects() {
    Conversation prompt = RolloutPrompt.of("机柜安装检查", List.of("标签/7×1，螺丝/紧固×12", "光纤/损坏×1"));
    assertEquals(Role.SYSTEM, prompt.messages().getFirst().role());
    assertEquals(
        "任务：机柜安装检查\nImage1(obj=13): 标签/7×1，螺丝/紧固×12\nImage2(obj=1): 光纤/损坏×1", user(prompt));
  }

  @Test
  void theReviewMarkerGoesAndItsRemarkStays() {
    Conversation prompt = RolloutPrompt.of("检查", List.of("螺丝/紧固×1，需复核,备注:反光，看不清"));
    assertEquals("任务：检查\nImage1(obj=1): 螺丝/紧固×1，反光，看不清", user(prompt));
  }

  @Test
  void emptySummariesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> RolloutPrompt.of("检查", List.of()));
    assertThrows(IllegalArgumentException.class, () -> RolloutPrompt.of("检查", List.of(" ")));
    assertThrows(IllegalArgumentException.class, () -> RolloutPrompt.of("", List.of("盒×1")));
  }
}
