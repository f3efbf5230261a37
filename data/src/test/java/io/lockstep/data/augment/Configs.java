package io.lockstep.data.augment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;

/** Reads configurations written as relaxed JSON, with single quotes and bare names. */
public final class Configs {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
          .build();

  private Configs() {}

  /** A good configuration. */
  public static AugmentationConfig good(String json) {
    List<String> problems = new ArrayList<>();
    AugmentationConfig config = read(json, problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    return config;
  }

  /** What is wrong with a configuration. */
  public static List<String> problems(String json) {
    List<String> problems = new ArrayList<>();
    AugmentationConfig _ = read(json, problems);
    return problems;
  }

  private static AugmentationConfig read(String json, List<String> problems) {
    try {
      return AugmentationConfig.read(JSON.readTree(json), problems);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
