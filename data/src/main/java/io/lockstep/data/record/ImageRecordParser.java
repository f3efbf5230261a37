package io.lockstep.data.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.config.text.UsableText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads records of a picture with objects. */
final class ImageRecordParser {

  private static final Set<String> KEYS =
      Set.of("images", "objects", "width", "height", "summary", "metadata");

  private final Findings findings;

  ImageRecordParser(Findings findings) {
    this.findings = findings;
  }

  /** The record; it is usable only if the findings stay empty. */
  ImageRecord parse(JsonNode json) {
    findings.refuseUnknownKeys(json, "", KEYS);
    List<Path> images = images(json.path("images"), findings);
    int width = extent(json.path("width"), "width");
    int height = extent(json.path("height"), "height");
    List<DataObject> objects = objects(json.path("objects"), width, height);
    if (Shares.areLikely(objects, width, height)) {
      findings.add("objects", Shares.PROBLEM);
    }
    if (images.size() > 1 && !objects.isEmpty()) {
      findings.add("images", "objects belong to one picture; give exactly one image");
    }
    return new ImageRecord(
        findings.origin(), images, objects, width, height, summary(json), metadata(json));
  }

  static List<Path> images(JsonNode value, Findings findings) {
    if (!value.isArray() || value.isEmpty()) {
      findings.add("images", "must be a list of at least one relative path");
      return List.of();
    }
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      Path path = ImagePaths.resolve(value.get(i), "images[" + i + "]", findings);
      if (path != null) {
        paths.add(path);
      }
    }
    return paths;
  }

  /** A side of the picture in pixels, or 0 after reporting what is wrong. */
  private int extent(JsonNode value, String field) {
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
      findings.add(field, "must be a positive whole number of pixels");
      return 0;
    }
    return value.intValue();
  }

  private List<DataObject> objects(JsonNode value, int width, int height) {
    if (!value.isArray()) {
      findings.add("objects", "must be a list, which may be empty");
      return List.of();
    }
    return new ObjectParser(findings, orUnknown(width), orUnknown(height)).parse(value);
  }

  private static double orUnknown(int extent) {
    return extent == 0 ? Double.POSITIVE_INFINITY : extent;
  }

  private Optional<String> summary(JsonNode json) {
    JsonNode value = json.path("summary");
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual() || UsableText.isBlank(value.textValue())) {
      findings.add("summary", "must be a non-empty string; leave the field out if there is none");
      return Optional.empty();
    }
    StructureTokens.problem(value.textValue()).ifPresent(what -> findings.add("summary", what));
    return Optional.of(value.textValue());
  }

  private Optional<String> metadata(JsonNode json) {
    JsonNode value = json.path("metadata");
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isObject()) {
      findings.add("metadata", "must be a JSON object");
      return Optional.empty();
    }
    return Optional.of(value.toString());
  }
}
