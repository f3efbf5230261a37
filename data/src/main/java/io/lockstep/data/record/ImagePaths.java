package io.lockstep.data.record;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Resolves picture paths against the folder of the JSONL file and keeps them inside it. */
final class ImagePaths {

  private static final Pattern URL = Pattern.compile("(?i)([a-z][a-z0-9+.-]*://|data:).*");

  private ImagePaths() {}

  /** The picture's file, or null after reporting why the value is refused. */
  static @Nullable Path resolve(JsonNode value, String field, Findings findings) {
    if (!value.isTextual() || value.textValue().isBlank()) {
      findings.add(field, "must be a path relative to the JSONL file's folder");
      return null;
    }
    String text = value.textValue();
    if (URL.matcher(text).matches()) {
      findings.add(field, "is a URL; download the picture and give its relative path");
      return null;
    }
    try {
      return inFolder(Path.of(text), field, findings);
    } catch (InvalidPathException e) {
      findings.add(field, "is not a path: " + e.getReason());
      return null;
    }
  }

  private static @Nullable Path inFolder(Path path, String field, Findings findings) {
    if (path.isAbsolute()) {
      findings.add(field, "is absolute; give the path relative to the JSONL file's folder");
      return null;
    }
    Path normal = path.normalize();
    if (normal.startsWith("..")) {
      findings.add(field, "leads out of the JSONL file's folder; move the picture into it");
      return null;
    }
    Path folder = findings.origin().file().getParent();
    return folder == null ? normal : folder.resolve(normal);
  }
}
