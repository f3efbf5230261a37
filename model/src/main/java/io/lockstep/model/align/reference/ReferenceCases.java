package io.lockstep.model.align.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.align.ConversationJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@code cases.json} of a reference folder.
 *
 * @param conversations the rows of the batch, in order
 * @param generations greedy answers
 * @param tokenization texts and their tokens
 * @param notCompared keys that are known but not compared
 */
record ReferenceCases(
    List<ReferenceCase> conversations,
    List<Generated> generations,
    List<Tokenized> tokenization,
    List<String> notCompared) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_BYTES = 64L << 20;

  ReferenceCases {
    conversations = List.copyOf(conversations);
    generations = List.copyOf(generations);
    tokenization = List.copyOf(tokenization);
    notCompared = List.copyOf(notCompared);
  }

  /** Answers to some of the conversations, generated as one batch. */
  record Generated(List<Integer> conversations, List<List<Integer>> newTokens) {}

  /** A text in which special tokens are written out, and its tokens. */
  @SuppressWarnings("ArrayRecordComponent")
  record Tokenized(String text, int[] ids) {}

  static ReferenceCases read(Path folder) throws IOException {
    Path file = folder.resolve(ReferenceNames.CASES);
    if (!Files.isRegularFile(file)) {
      throw new InvalidReferenceException(file, "is missing");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new InvalidReferenceException(file, "is larger than " + MAX_BYTES + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidReferenceException(file, "is not JSON: " + e.getOriginalMessage());
    }
    return new Reader(folder, file).read(root);
  }

  /** Reads one file. */
  private record Reader(Path folder, Path file) {

    ReferenceCases read(JsonNode root) throws IOException {
      List<String> notCompared = new ArrayList<>();
      TreeSet<String> unknown = new TreeSet<>();
      root.fieldNames()
          .forEachRemaining(key -> {
            if (ReferenceNames.TRAINING_KEYS.contains(key)) {
              notCompared.add(key);
            } else if (!ReferenceNames.COMPARED_KEYS.contains(key)) {
              unknown.add(key);
            }
          });
      if (!unknown.isEmpty()) {
        throw new InvalidReferenceException(file, "has keys that are not known: " + unknown);
      }
      return new ReferenceCases(
          conversations(root.path(ReferenceNames.CONVERSATIONS)),
          generations(root.path(ReferenceNames.GENERATE)),
          tokenization(root.path(ReferenceNames.TOKENIZATION)),
          notCompared);
    }

    private List<ReferenceCase> conversations(JsonNode list) throws IOException {
      List<ReferenceCase> cases = new ArrayList<>();
      for (JsonNode node : list) {
        String where = "conversations[" + cases.size() + "]";
        Conversation conversation =
            node.has("messages")
                ? ConversationJson.read(
                    file + ": " + where + ".messages", node.path("messages"), this::picture)
                : questionAndAnswer(where, node);
        try {
          cases.add(
              new ReferenceCase(
                  conversation,
                  node.path("prompt_text").textValue(),
                  number(node.path("prompt_tokens")),
                  number(node.path("answer_tokens"))));
        } catch (IllegalArgumentException e) {
          throw new InvalidReferenceException(file, where + ": " + e.getMessage());
        }
      }
      if (cases.isEmpty()) {
        throw new InvalidReferenceException(file, "has no conversations");
      }
      return cases;
    }

    private Conversation questionAndAnswer(String where, JsonNode node) throws IOException {
      if (!node.path("user").isTextual() || !node.path("assistant").isTextual()) {
        throw new InvalidReferenceException(
            file, where + " needs \"messages\", or \"user\" and \"assistant\"");
      }
      List<Message> messages = new ArrayList<>();
      if (node.path("system").isTextual()) {
        messages.add(Message.text(Role.SYSTEM, node.path("system").textValue()));
      }
      List<Content> contents = new ArrayList<>();
      for (JsonNode image : node.path("images")) {
        contents.add(new Content.Image(picture(image.asText())));
      }
      contents.add(new Content.Text(node.path("user").textValue()));
      messages.add(new Message(Role.USER, contents));
      messages.add(Message.text(Role.ASSISTANT, node.path("assistant").textValue()));
      return new Conversation(messages);
    }

    /** A picture in the folder's own {@code images}, or in that beside the folder. */
    private ImageSource picture(String name) throws IOException {
      Path relative;
      try {
        relative = Path.of(name).normalize();
      } catch (InvalidPathException e) {
        throw new InvalidReferenceException(
            file, "names the picture " + name + ": " + e.getReason());
      }
      if (relative.isAbsolute() || relative.startsWith("..")) {
        throw new InvalidReferenceException(file, "names a picture outside of its folder: " + name);
      }
      Path own = folder.resolve(ReferenceNames.IMAGES).resolve(relative);
      Path shared = folder.toAbsolutePath().resolveSibling(ReferenceNames.IMAGES).resolve(relative);
      if (Files.isRegularFile(own)) {
        return new ImageSource.File(own);
      }
      if (Files.isRegularFile(shared)) {
        return new ImageSource.File(shared);
      }
      throw new InvalidReferenceException(
          file, "names the picture %s, which is neither %s nor %s".formatted(name, own, shared));
    }

    private List<Generated> generations(JsonNode list) throws IOException {
      List<Generated> generations = new ArrayList<>();
      for (JsonNode node : list) {
        List<List<Integer>> rows = new ArrayList<>();
        for (JsonNode row : node.path("new_tokens")) {
          rows.add(numbers(row));
        }
        List<Integer> conversations = numbers(node.path("conversations"));
        if (conversations.isEmpty() || rows.size() != conversations.size()) {
          throw new InvalidReferenceException(
              file,
              "generate[%d] names %d conversations and gives tokens of %d"
                  .formatted(generations.size(), conversations.size(), rows.size()));
        }
        generations.add(new Generated(conversations, List.copyOf(rows)));
      }
      return generations;
    }

    private List<Tokenized> tokenization(JsonNode list) {
      List<Tokenized> texts = new ArrayList<>();
      for (JsonNode node : list) {
        texts.add(
            new Tokenized(
                node.path("text").asText(),
                numbers(node.path("ids")).stream().mapToInt(Integer::intValue).toArray()));
      }
      return texts;
    }

    private static List<Integer> numbers(JsonNode list) {
      List<Integer> numbers = new ArrayList<>();
      list.forEach(number -> numbers.add(number.asInt()));
      return List.copyOf(numbers);
    }

    private static @Nullable Integer number(JsonNode node) {
      return node.isInt() ? node.asInt() : null;
    }
  }
}
