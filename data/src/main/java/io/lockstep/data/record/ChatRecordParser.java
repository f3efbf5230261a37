package io.lockstep.data.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.config.text.UsableText;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads records that carry a conversation of their own. */
final class ChatRecordParser {

  private static final String TEXT = "text";
  private static final String IMAGE = "image";

  private final Findings findings;

  ChatRecordParser(Findings findings) {
    this.findings = findings;
  }

  /** The record; it is usable only if the findings stay empty. */
  ChatRecord parse(JsonNode json) {
    findings.refuseUnknownKeys(json, "", Set.of("messages", "images", "metadata"));
    if (json.has("metadata") && !json.path("metadata").isObject()) {
      findings.add("metadata", "must be a JSON object");
    }
    Conversation conversation = new Conversation(messages(json.path("messages")));
    if (json.has("images")) {
      checkImagesAreThoseOfTheMessages(json.path("images"), conversation);
    }
    return new ChatRecord(findings.origin(), conversation);
  }

  private void checkImagesAreThoseOfTheMessages(JsonNode value, Conversation conversation) {
    List<ImageSource> listed = new ArrayList<>();
    for (Path path : ImageRecordParser.images(value, findings)) {
      listed.add(new ImageSource.File(path));
    }
    if (!listed.equals(conversation.images())) {
      findings.add(
          "images",
          "must name the pictures of the messages in their order; place each as"
              + " {\"type\": \"image\", \"image\": path} or leave the field out");
    }
  }

  private List<Message> messages(JsonNode value) {
    if (!value.isArray() || value.isEmpty()) {
      findings.add("messages", "must be a non-empty list");
      return List.of();
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      Message message = message(value.get(i), "messages[" + i + "]");
      if (message != null) {
        messages.add(message);
      }
    }
    if (messages.size() == value.size()) {
      checkTurns(messages);
    }
    return messages;
  }

  private void checkTurns(List<Message> messages) {
    boolean startsWithSystem = messages.getFirst().role() == Role.SYSTEM;
    Role expected = Role.USER;
    for (int i = startsWithSystem ? 1 : 0; i < messages.size(); i++) {
      Role role = messages.get(i).role();
      if (role != expected) {
        findings.add(
            "messages[" + i + "].role",
            "is "
                + role.label()
                + " where "
                + expected.label()
                + " must speak; after an optional"
                + " system message user and assistant take turns");
        return;
      }
      expected = expected == Role.USER ? Role.ASSISTANT : Role.USER;
    }
    if (messages.getLast().role() != Role.ASSISTANT) {
      findings.add("messages", "must end with an assistant message");
    }
  }

  private @Nullable Message message(JsonNode value, String field) {
    if (!value.isObject()) {
      findings.add(field, "must be a JSON object with role and content");
      return null;
    }
    findings.refuseUnknownKeys(value, field + ".", Set.of("role", "content"));
    Role role = role(value.path("role"), field + ".role");
    List<Content> contents = contents(value.path("content"), field + ".content");
    if (role == null) {
      return null;
    }
    if (role != Role.USER && contents.stream().anyMatch(Content.Image.class::isInstance)) {
      findings.add(field + ".content", "only user messages may hold pictures");
    }
    if (role == Role.USER) {
      StructureTokens.pictureProblem(contents)
          .ifPresent(what -> findings.add(field + ".content", what));
    }
    if (!contents.isEmpty() && contents.stream().allMatch(ChatRecordParser::isBlank)) {
      findings.add(field + ".content", "is blank; write what is said or remove the record");
    }
    return new Message(role, contents);
  }

  private static boolean isBlank(Content content) {
    return content instanceof Content.Text(String text) && UsableText.isBlank(text);
  }

  private @Nullable Role role(JsonNode value, String field) {
    for (Role role : Role.values()) {
      if (role.label().equals(value.textValue())) {
        return role;
      }
    }
    findings.add(field, "must be one of " + Stream.of(Role.values()).map(Role::label).toList());
    return null;
  }

  private List<Content> contents(JsonNode value, String field) {
    if (value.isTextual()) {
      return text(value, field);
    }
    if (!value.isArray() || value.isEmpty()) {
      findings.add(field, "must be a string or a non-empty list of items");
      return List.of();
    }
    List<Content> contents = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      contents.addAll(item(value.get(i), field + "[" + i + "]"));
    }
    return contents;
  }

  private List<Content> item(JsonNode item, String field) {
    String type = item.path("type").asText("");
    if (!type.equals(TEXT) && !type.equals(IMAGE)) {
      findings.add(field + ".type", "must be \"text\" or \"image\"");
      return List.of();
    }
    findings.refuseUnknownKeys(item, field + ".", Set.of("type", type));
    JsonNode value = item.path(type);
    if (type.equals(TEXT)) {
      return text(value, field + "." + TEXT);
    }
    Path path = ImagePaths.resolve(value, field + "." + IMAGE, findings);
    return path == null ? List.of() : List.of(new Content.Image(new ImageSource.File(path)));
  }

  private List<Content> text(JsonNode value, String field) {
    if (!value.isTextual() || value.textValue().isEmpty()) {
      findings.add(field, "must be a non-empty string");
      return List.of();
    }
    StructureTokens.problem(value.textValue()).ifPresent(what -> findings.add(field, what));
    return List.of(new Content.Text(value.textValue()));
  }
}
