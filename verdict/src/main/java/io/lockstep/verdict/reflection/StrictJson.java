package io.lockstep.verdict.reflection;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lockstep.config.text.UsableText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Objects of JSON with exactly the keys that were asked for. */
final class StrictJson {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  static JsonNode object(String text, Set<String> keys) throws MalformedAnswerException {
    try {
      return exactly(JSON.readTree(text), keys);
    } catch (JsonProcessingException e) {
      throw new MalformedAnswerException("not JSON: " + e.getOriginalMessage());
    }
  }

  static JsonNode exactly(JsonNode node, Set<String> keys) throws MalformedAnswerException {
    if (!node.isObject()) {
      throw new MalformedAnswerException("must be an object with " + keys);
    }
    List<String> given = new ArrayList<>();
    node.fieldNames().forEachRemaining(given::add);
    if (given.size() != keys.size() || !keys.containsAll(given)) {
      throw new MalformedAnswerException("must have the keys %s, has %s".formatted(keys, given));
    }
    return node;
  }

  static String text(JsonNode object, String key) throws MalformedAnswerException {
    JsonNode value = object.path(key);
    Optional<String> unusable = UsableText.problem(value.asText());
    if (!value.isTextual() || value.textValue().isBlank() || unusable.isPresent()) {
      throw new MalformedAnswerException(key + " must be a text");
    }
    return value.textValue().strip();
  }

  static List<String> texts(JsonNode object, String key) throws MalformedAnswerException {
    JsonNode list = object.path(key);
    if (!list.isArray()) {
      throw new MalformedAnswerException(key + " must be a list of texts");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode each : list) {
      if (!each.isTextual()) {
        throw new MalformedAnswerException(key + " must be a list of texts");
      }
      texts.add(each.textValue());
    }
    return texts;
  }
}
