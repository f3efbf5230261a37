package io.lockstep.model.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.util.ArrayList;
import java.util.List;

/** The conversations of the reference cases. */
public final class GoldenConversations {
  private static final int MERGED_PATCHES = 4;

  private GoldenConversations() {}

  /**
   * One conversation.
   *
   * @param prompt without its answer
   * @param answered with its answer
   * @param imageTokens of each picture
   */
  public record Case(
      Conversation prompt,
      Conversation answered,
      List<Integer> imageTokens,
      String promptText,
      int promptTokens,
      int answerTokens) {}

  /** All of them in order. */
  static List<Case> of(JsonNode cases) {
    List<Case> result = new ArrayList<>();
    int image = 0;
    for (JsonNode c : cases.get("conversations")) {
      List<Content> contents = new ArrayList<>();
      List<Integer> counts = new ArrayList<>();
      for (JsonNode name : c.get("images")) {
        contents.add(new Content.Image(new ImageSource.File(Goldens.image(name.textValue()))));
        JsonNode grid = cases.get("image_grid_thw").get(image++);
        counts.add(
            grid.get(0).intValue()
                * grid.get(1).intValue()
                * grid.get(2).intValue()
                / MERGED_PATCHES);
      }
      contents.add(new Content.Text(c.get("user").textValue()));
      List<Message> messages = new ArrayList<>();
      if (c.has("system")) {
        messages.add(Message.text(Role.SYSTEM, c.get("system").textValue()));
      }
      messages.add(new Message(Role.USER, contents));
      Conversation prompt = new Conversation(messages);
      messages.add(Message.text(Role.ASSISTANT, c.get("assistant").textValue()));
      result.add(
          new Case(
              prompt,
              new Conversation(messages),
              List.copyOf(counts),
              c.get("prompt_text").textValue(),
              c.get("prompt_tokens").intValue(),
              c.get("answer_tokens").intValue()));
    }
    return result;
  }
}
