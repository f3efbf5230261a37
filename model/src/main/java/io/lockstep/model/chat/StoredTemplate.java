package io.lockstep.model.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.RenderResult;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.model.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The chat template that a folder holds, in Jinja. It is rendered to be compared with the built-in
 * one, which alone makes tokens: Jinja can't tell what a message says from what is structure.
 *
 * @param file where it stands
 * @param source the template
 * @param variables special tokens by the names that templates know
 */
record StoredTemplate(Path file, String source, Map<String, String> variables) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "chat_template";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** Files that hold a template under a key, in the order in which the public library looks. */
  private static final List<String> JSON_FILES =
      List.of("chat_template.json", "processor_config.json", TOKENIZER_CONFIG);

  private static final List<String> VARIABLES =
      List.of("bos_token", "eos_token", "pad_token", "unk_token");
  private static final long MAX_OUTPUT = 1 << 20;

  /** Settings of the public library, and Python's meaning of what Jinjava means otherwise. */
  private static final JinjavaConfig AS_IN_PUBLIC =
      JinjavaConfig.newBuilder()
          .withTrimBlocks(true)
          .withLstripBlocks(true)
          .withNestedInterpretationEnabled(false)
          .withMaxOutputSize(MAX_OUTPUT)
          .withLegacyOverrides(
              LegacyOverrides.newBuilder()
                  .withEvaluateMapKeys(true)
                  .withIterateOverMapKeys(true)
                  .withUsePyishObjectMapper(true)
                  .withUseNaturalOperatorPrecedence(true)
                  .withParseWhitespaceControlStrictly(true)
                  .withUseTrimmingForNotesAndExpressions(true)
                  .withKeepNullableLoopValues(true)
                  .withAllowAdjacentTextNodes(true)
                  .build())
          .build();

  /**
   * The template that the public library would use of a folder, if it has one.
   *
   * @throws InvalidConfigException if a file that should hold it can't be read
   */
  static Optional<StoredTemplate> find(Path folder) throws IOException {
    Path plain = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(plain)) {
      return Optional.of(new StoredTemplate(plain, Files.readString(plain), variables(folder)));
    }
    for (String name : JSON_FILES) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        Optional<String> source = source(file, json(file).path(KEY));
        if (source.isPresent()) {
          return Optional.of(new StoredTemplate(file, source.get(), variables(folder)));
        }
      }
    }
    return Optional.empty();
  }

  /** A text, or a list of named ones of which the one called default counts. */
  private static Optional<String> source(Path file, JsonNode template) {
    if (template.isMissingNode() || template.isNull()) {
      return Optional.empty();
    }
    if (template.isTextual()) {
      return Optional.of(template.textValue());
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return Optional.of(named.path("template").textValue());
      }
    }
    throw new InvalidConfigException(
        file, List.of(KEY + " must be a text, or a list in which one is called 'default'"));
  }

  private static Map<String, String> variables(Path folder) throws IOException {
    Map<String, String> variables = new HashMap<>();
    Path file = folder.resolve(TOKENIZER_CONFIG);
    if (Files.isRegularFile(file)) {
      JsonNode json = json(file);
      for (String name : VARIABLES) {
        JsonNode token = json.path(name);
        JsonNode content = token.isObject() ? token.path("content") : token;
        if (content.isTextual()) {
          variables.put(name, content.textValue());
        }
      }
    }
    return variables;
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(
          file, List.of("is not valid JSON: " + e.getOriginalMessage()));
    }
  }

  /**
   * Renders a conversation as the public library does, with one placeholder for a picture.
   *
   * @param prompt whether the assistant is to go on
   * @throws InvalidConfigException if it can't be rendered
   */
  String render(Conversation conversation, boolean prompt) {
    Map<String, Object> context = new HashMap<>(variables);
    context.put("messages", conversation.messages().stream().map(StoredTemplate::node).toList());
    context.put("add_generation_prompt", prompt);
    RenderResult result = new Jinjava(AS_IN_PUBLIC).renderForResult(source, context);
    if (result.hasErrors()) {
      throw new InvalidConfigException(
          file,
          List.of(
              "the chat template can't be rendered, so it can't be compared with the built-in one: "
                  + result.getErrors().getFirst().getMessage().lines().findFirst().orElse("")));
    }
    return result.getOutput();
  }

  private static Map<String, Object> node(Message message) {
    List<Map<String, String>> parts = new ArrayList<>();
    for (Content content : message.contents()) {
      parts.add(
          switch (content) {
            case Content.Text(String said) -> Map.of("type", "text", "text", said);
            case Content.Image(var source) -> Map.of("type", "image", "image", source.name());
          });
    }
    return Map.of("role", message.role().label(), "content", parts);
  }
}
