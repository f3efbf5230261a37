package io.lockstep.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads YAML; what is none is told with its line and what to change. */
public final class YamlText {

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Most bytes of a file that a person writes. */
  static final long MAX_BYTES = 1 << 20;

  private YamlText() {}

  /**
   * The text of a file.
   *
   * @throws ConfigException if it is a folder or not UTF-8
   */
  public static String of(Path file) throws IOException, ConfigException {
    if (Files.isDirectory(file)) {
      throw problem(file.toString(), "is a folder: name the YAML file in it");
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw problem(file.toString(), "is not UTF-8: save it in that encoding");
    }
  }

  /**
   * The same of a file that a person wrote.
   *
   * @throws ConfigException also if it is larger than 1 MiB
   */
  public static String written(Path file) throws IOException, ConfigException {
    if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
      throw problem(file.toString(), "is larger than 1 MiB: name the YAML file");
    }
    return of(file);
  }

  /**
   * Parses a text.
   *
   * @param source name for messages
   */
  public static JsonNode parse(String text, String source) throws ConfigException {
    try {
      return YAML.readTree(text);
    } catch (MismatchedInputException e) {
      throw problem(
          source,
          "holds more than one document: remove all from the second '---' on, which would be left out");
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      YamlMistake mistake = YamlMistake.of(text, e.getOriginalMessage(), line);
      throw problem(source + ":" + mistake.line(), mistake.what());
    }
  }

  /** The line of each key and entry of a text that can be parsed, by its JSON pointer. */
  static Map<String, Integer> lines(String text) {
    Map<String, Integer> lines = new HashMap<>();
    try (JsonParser parser = YAML.createParser(text)) {
      while (parser.nextToken() != null) {
        lines.putIfAbsent(
            parser.getParsingContext().pathAsPointer().toString(),
            parser.currentTokenLocation().getLineNr());
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException("a text that was parsed can't be parsed again", e);
    }
  }

  private static ConfigException problem(String place, String what) {
    return new ConfigException(place, List.of(what));
  }
}
