package io.lockstep.data.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lockstep.config.text.UsableText;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;

/**
 * Reads lines of a JSONL file into records and refuses whatever breaks the contract.
 *
 * <p>Pictures are not opened: {@link DataCheck} does that.
 */
public final class RecordReader {

  // NaN is parsed so that the message can name the object and field that hold it.
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private RecordReader() {}

  /**
   * The record of a line. Records with {@code messages} are conversations, all others pictures.
   *
   * @param index the line, from 0
   * @throws DataException with every problem of the record
   */
  public static DataRecord read(JsonlFile file, long index) {
    Origin origin = new Origin(file.path(), index + 1);
    JsonNode json = parse(file.line(index), origin);
    Findings findings = new Findings(origin);
    refuseUnusableTexts(json, "", findings);
    DataRecord parsed =
        json.has("messages")
            ? new ChatRecordParser(findings).parse(json)
            : new ImageRecordParser(findings).parse(json);
    findings.throwIfAny();
    return parsed;
  }

  /** Whatever a text is used for, it has to fit into files, messages and names. */
  private static void refuseUnusableTexts(JsonNode json, String field, Findings findings) {
    if (json.isTextual()) {
      UsableText.problem(json.textValue()).ifPresent(what -> findings.add(field, what));
    }
    for (int i = 0; i < (json.isArray() ? json.size() : 0); i++) {
      refuseUnusableTexts(json.get(i), field + "[" + i + "]", findings);
    }
    for (var property : json.properties()) {
      UsableText.problem(property.getKey())
          .ifPresent(what -> findings.add(field, "a name in it " + what));
      String inner = field.isEmpty() ? property.getKey() : field + "." + property.getKey();
      refuseUnusableTexts(property.getValue(), inner, findings);
    }
  }

  private static JsonNode parse(String line, Origin origin) {
    JsonNode json;
    try {
      json = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      String column = e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr();
      throw new DataException(
          new Problem(
              origin.file(),
              origin.line(),
              "",
              "is not valid JSON" + column + ": " + e.getOriginalMessage()),
          e);
    }
    if (!json.isObject()) {
      throw new DataException(
          new Problem(origin.file(), origin.line(), "", "must be a JSON object"));
    }
    return json;
  }
}
