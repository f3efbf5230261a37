package io.lockstep.cli.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.cli.console.UserError;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.stageb.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A line of Stage-A's output: a group with the summary of each of its pictures.
 *
 * @param groupId the group's name
 * @param mission what is inspected
 * @param label what people decided
 * @param images paths of its pictures relative to the root of the inspection folder
 * @param summaries summaries of image_1 to image_N; as many as images, none blank
 * @param endings what ended each summary; empty if that isn't known, as in files of before
 */
public record StageARecord(
    String groupId,
    String mission,
    Verdict label,
    List<String> images,
    List<String> summaries,
    List<Finish> endings) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ENDED_BY = "ended_by";

  public StageARecord {
    images = List.copyOf(images);
    summaries = List.copyOf(summaries);
    endings = List.copyOf(endings);
    if (!endings.isEmpty() && endings.size() != summaries.size()) {
      throw new UserError(
          "group %s has %d summaries, but ended_by tells of %d; run stage-a again"
              .formatted(groupId, summaries.size(), endings.size()));
    }
    if (images.isEmpty() || images.size() != summaries.size()) {
      throw new UserError(
          "group %s has %d images and %d summaries; every image needs one"
              .formatted(groupId, images.size(), summaries.size()));
    }
    for (int i = 0; i < summaries.size(); i++) {
      if (summaries.get(i).isBlank()) {
        throw new UserError(
            "group %s: the summary of %s (%s) is empty".formatted(groupId, key(i), images.get(i)));
      }
    }
  }

  /** Identity of the group within its mission: a group may exist under both labels. */
  public String ticketKey() {
    return groupId + "::" + Labels.text(label);
  }

  /** The line, without a line break. */
  String toJson() {
    ObjectNode line = JSON.createObjectNode();
    line.put("group_id", groupId).put("mission", mission).put("label", Labels.text(label));
    ArrayNode names = line.putArray("images");
    images.forEach(names::add);
    ObjectNode perImage = line.putObject("per_image");
    for (int i = 0; i < summaries.size(); i++) {
      perImage.put(key(i), summaries.get(i));
    }
    if (!endings.isEmpty()) {
      ObjectNode endedBy = line.putObject(ENDED_BY);
      for (int i = 0; i < endings.size(); i++) {
        endedBy.put(key(i), endings.get(i).label());
      }
    }
    return line.toString();
  }

  /**
   * Reads a line.
   *
   * @param where file and line number for messages
   * @throws UserError if it is not such a line, or the summaries don't cover image_1 to image_N
   */
  static StageARecord parse(String where, String line) {
    JsonNode root;
    try {
      root = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new UserError(where + ": not JSON: " + e.getOriginalMessage());
    }
    List<String> images = new ArrayList<>();
    root.path("images").forEach(image -> images.add(image.asText()));
    JsonNode perImage = root.path("per_image");
    List<String> summaries = new ArrayList<>();
    for (int i = 0; i < images.size() && perImage.has(key(i)); i++) {
      summaries.add(perImage.path(key(i)).asText());
    }
    if (perImage.size() != summaries.size()) {
      throw new UserError(
          where + ": per_image does not hold exactly image_1 to image_" + images.size());
    }
    String label = text(where, root, "label");
    try {
      return new StageARecord(
          text(where, root, "group_id"),
          text(where, root, "mission"),
          Labels.ofText(label)
              .orElseThrow(
                  () -> new UserError("label is \"" + label + "\", neither pass nor fail")),
          images,
          summaries,
          endings(root.path(ENDED_BY)));
    } catch (UserError e) {
      throw new UserError(where + ": " + e.getMessage());
    }
  }

  private static List<Finish> endings(JsonNode endedBy) {
    List<Finish> endings = new ArrayList<>();
    for (int i = 0; i < endedBy.size(); i++) {
      String label = endedBy.path(key(i)).asText();
      endings.add(
          Arrays.stream(Finish.values())
              .filter(known -> known.label().equals(label))
              .findFirst()
              .orElseThrow(() ->
                  new UserError("ended_by must say eos or length of image_1 to the last image")));
    }
    return endings;
  }

  private static String text(String where, JsonNode root, String key) {
    JsonNode value = root.path(key);
    if (!value.isTextual() || value.asText().isBlank()) {
      throw new UserError(where + ": " + key + " is missing; run stage-a again");
    }
    return value.asText();
  }

  private static String key(int index) {
    return "image_" + (index + 1);
  }
}
