package io.lockstep.model.align.certificate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.text.UsableText;
import io.lockstep.model.align.ConversationJson;
import io.lockstep.model.align.ConversationJson.PictureNames;
import io.lockstep.model.batch.Sample;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** A certificate as JSON; the same certificate gives the same bytes. */
final class CertificateJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** What has computed attention, by place. */
  static final String ATTENTION = "attention";

  private CertificateJson() {}

  /**
   * Writes a certificate.
   *
   * @param valuesSha256 digest of the file that holds its values
   */
  static String write(Certificate certificate, PictureNames pictures, String valuesSha256)
      throws IOException {
    ObjectNode root =
        JSON.createObjectNode()
            .put("schema", Certificate.SCHEMA)
            .put("dtype", certificate.dtype())
            .put("computed_with", certificate.computedWith())
            .put("model_type", certificate.modelType())
            .put("weights_sha256", certificate.weightsSha256())
            .put("values_sha256", valuesSha256);
    ObjectNode attention = root.putObject(ATTENTION);
    certificate.attention().forEach(attention::put);
    root.set("settings", certificate.settings().json());
    root.set("batch", digests(certificate.batch()));
    ArrayNode probes = root.putArray("probes");
    for (Certificate.Entry entry : certificate.entries()) {
      probes.add(entry(entry, pictures));
    }
    try {
      return UsableText.encodableJson(JSON.writeValueAsString(root)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always JSON", e);
    }
  }

  private static ObjectNode entry(Certificate.Entry entry, PictureNames pictures)
      throws IOException {
    ObjectNode node =
        JSON.createObjectNode().put("task", entry.probe().task().name().toLowerCase(Locale.ROOT));
    node.set("messages", ConversationJson.write(entry.probe().conversation(), pictures));
    ArrayNode tokens = node.putArray("tokens");
    for (int token : entry.tokens()) {
      tokens.add(token);
    }
    node.put("prompt_tokens", entry.promptTokens());
    runs(entry.labels(), node.putArray("supervised"));
    ArrayNode grids = node.putArray("image_grid_thw");
    entry.grids().forEach(grid -> grids.addArray().add(grid.t()).add(grid.h()).add(grid.w()));
    node.set("inputs", digests(entry.inputs()));
    numbers(node.putArray("positions"), entry.selection().positions());
    numbers(node.putArray("patches"), entry.selection().patches());
    numbers(node.putArray("merged"), entry.selection().merged());
    return node.put("loss", entry.values().loss());
  }

  /** Supervised tokens as [first, end) pairs. */
  private static void runs(int[] labels, ArrayNode runs) {
    for (int first = 0; first < labels.length; ) {
      int end = first;
      while (end < labels.length && labels[end] != Sample.IGNORED) {
        end++;
      }
      if (end > first) {
        runs.addArray().add(first).add(end);
      }
      first = end + 1;
    }
  }

  private static void numbers(ArrayNode array, List<Integer> numbers) {
    numbers.forEach(array::add);
  }

  private static ObjectNode digests(InputDigests digests) {
    return JSON.createObjectNode()
        .put("length", digests.length())
        .put("input_ids_sha256", digests.inputIds())
        .put("attention_mask_sha256", digests.attentionMask())
        .put("labels_sha256", digests.labels())
        .put("position_ids_sha256", digests.positionIds())
        .put("pixel_values_sha256", digests.pixelValues())
        .put("kept_tokens_sha256", digests.keptTokens());
  }
}
