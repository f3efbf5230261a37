package io.lockstep.model.align;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Conversations as the {@code messages} of a JSONL record: {@code {"role", "content"}} with a
 * string or a list of {@code {"type": "text", "text"}} and {@code {"type": "image", "image"}}.
 */
public final class ConversationJson {

  private ConversationJson() {}

  /** Turns the name of a picture into the picture. */
  @FunctionalInterface
  public interface PictureReader {
    ImageSource read(String name) throws IOException;
  }

  /** Gives a picture its name in the file. */
  @FunctionalInterface
  public interface PictureNames {
    String of(ImageSource picture) throws IOException;
  }

  /** Messages as JSON. */
  public static ArrayNode write(Conversation conversation, PictureNames names) throws IOException {
    ArrayNode messages = JsonNodeFactory.instance.arrayNode();
    for (Message message : conversation.messages()) {
      ObjectNode node = messages.addObject().put("role", message.role().label());
      ArrayNode contents = node.putArray("content");
      for (Content content : message.contents()) {
        switch (content) {
          case Content.Text(String text) ->
              contents.addObject().put("type", "text").put("text", text);
          case Content.Image(ImageSource source) ->
              contents.addObject().put("type", "image").put("image", names.of(source));
        }
      }
    }
    return messages;
  }

  /**
   * Messages from JSON.
   *
   * @param where how errors call the place
   * @throws IOException saying what is wrong with them
   */
  public static Conversation read(String where, JsonNode messages, PictureReader pictures)
      throws IOException {
    if (!messages.isArray() || messages.isEmpty()) {
      throw new IOException(where + " must be a list of messages that is not empty");
    }
    List<Message> read = new ArrayList<>();
    for (JsonNode message : messages) {
      String place = where + "[" + read.size() + "]";
      read.add(new Message(role(place, message), contents(place, message, pictures)));
    }
    return new Conversation(read);
  }

  private static Role role(String place, JsonNode message) throws IOException {
    return Stream.of(Role.values())
        .filter(role -> role.label().equals(message.path("role").textValue()))
        .findFirst()
        .orElseThrow(
            () -> new IOException(place + ".role must be one of system, user and assistant"));
  }

  private static List<Content> contents(String place, JsonNode message, PictureReader pictures)
      throws IOException {
    JsonNode value = message.path("content");
    if (value.isTextual()) {
      return List.of(new Content.Text(value.textValue()));
    }
    if (!value.isArray() || value.isEmpty()) {
      throw new IOException(place + ".content must be a string or a list that is not empty");
    }
    List<Content> contents = new ArrayList<>();
    for (JsonNode item : value) {
      contents.add(content(place + ".content[" + contents.size() + "]", item, pictures));
    }
    return contents;
  }

  private static Content content(String place, JsonNode item, PictureReader pictures)
      throws IOException {
    String type = item.path("type").asText("");
    if (type.equals("text") && item.path("text").isTextual()) {
      return new Content.Text(item.path("text").textValue());
    }
    if (type.equals("image") && item.path("image").isTextual()) {
      return new Content.Image(pictures.read(item.path("image").textValue()));
    }
    throw new IOException(place + " must be of type text or image with a value of that name");
  }
}
