package io.lockstep.model.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A parsed {@code tokenizer.json} of the byte-level BPE kind.
 *
 * @param path where it was read
 * @param json its whole content
 * @param addedTokens tokens that are found in the text before BPE sees it
 */
record TokenizerFile(Path path, ObjectNode json, List<AddedToken> addedTokens) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ADDED_TOKENS = "added_tokens";

  /** A token outside of BPE; a special one marks structure and is never part of a user's text. */
  record AddedToken(int id, String content, boolean special) {}

  TokenizerFile {
    addedTokens = List.copyOf(addedTokens);
  }

  static TokenizerFile read(Path path) throws IOException {
    JsonNode tree;
    try {
      tree = JSON.readTree(Files.readAllBytes(path));
    } catch (JsonProcessingException e) {
      throw new InvalidTokenizerException(path, "is not valid JSON: " + e.getOriginalMessage());
    }
    if (!(tree instanceof ObjectNode object)
        || !tree.path("model").path("type").asText().equals("BPE")
        || !tree.path("model").path("vocab").isObject()
        || !tree.path("decoder").path("type").asText().equals("ByteLevel")) {
      throw new InvalidTokenizerException(path, "is not a byte-level BPE tokenizer");
    }
    List<AddedToken> added = new ArrayList<>();
    for (JsonNode token : tree.path(ADDED_TOKENS)) {
      added.add(
          new AddedToken(
              token.path("id").intValue(),
              token.path("content").asText(),
              token.path("special").booleanValue()));
    }
    return new TokenizerFile(path, object, added);
  }

  /** The content as UTF-8, without the special tokens if {@code withSpecials} is false. */
  byte[] content(boolean withSpecials) throws IOException {
    ObjectNode copy = json.objectNode();
    copy.setAll(json);
    if (!withSpecials) {
      ArrayNode kept = copy.putArray(ADDED_TOKENS);
      for (JsonNode token : json.path(ADDED_TOKENS)) {
        if (!token.path("special").booleanValue()) {
          kept.add(token);
        }
      }
    }
    return JSON.writeValueAsString(copy).getBytes(StandardCharsets.UTF_8);
  }

  /** The bytes that each id stands for; ids that nothing uses stand for none. */
  byte[][] bytesOfIds() throws InvalidTokenizerException {
    int highest = -1;
    for (Map.Entry<String, JsonNode> entry : json.path("model").path("vocab").properties()) {
      highest = Math.max(highest, entry.getValue().intValue());
    }
    for (AddedToken token : addedTokens) {
      highest = Math.max(highest, token.id());
    }
    byte[][] bytes = new byte[highest + 1][0];
    for (Map.Entry<String, JsonNode> entry : json.path("model").path("vocab").properties()) {
      byte[] decoded = ByteLevel.decode(entry.getKey());
      if (decoded == null) {
        throw new InvalidTokenizerException(
            path, "has the entry '" + entry.getKey() + "' that is not byte-level");
      }
      bytes[entry.getValue().intValue()] = decoded;
    }
    for (AddedToken token : addedTokens) {
      bytes[token.id()] = token.content().getBytes(StandardCharsets.UTF_8);
    }
    return bytes;
  }
}
