package io.lockstep.model.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The JSON part of a file: what lies where in the data that follows it.
 *
 * @param entries by name, in {@link TensorInfo#NAME_ORDER}
 * @param metadata free texts
 * @param dataBytes size of the data
 */
record Header(
    SortedMap<String, Entry> entries, SortedMap<String, String> metadata, long dataBytes) {

  private static final String METADATA = "__metadata__";
  private static final int ALIGNMENT = 8;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  /** A tensor and its first byte, counted from the start of the data. */
  record Entry(TensorInfo info, long offset) {
    long end() {
      return offset + info.bytes();
    }
  }

  Header {
    entries = Collections.unmodifiableSortedMap(entries);
    metadata = Collections.unmodifiableSortedMap(metadata);
  }

  /**
   * Lays tensors out without gaps: wider elements first, so that every tensor is aligned to its
   * element, then by name.
   */
  static Header layOut(List<TensorInfo> tensors, Map<String, String> metadata) {
    List<TensorInfo> order = new ArrayList<>(tensors);
    order.sort(
        Comparator.comparingInt((TensorInfo info) -> -info.dtype().bytes())
            .thenComparing(TensorInfo::dtype)
            .thenComparing(TensorInfo::name, TensorInfo.NAME_ORDER));
    SortedMap<String, Entry> entries = new TreeMap<>(TensorInfo.NAME_ORDER);
    long offset = 0;
    for (TensorInfo info : order) {
      if (entries.put(info.name(), new Entry(info, offset)) != null
          || info.name().equals(METADATA)) {
        throw new IllegalArgumentException("Tensor name " + info.name() + " cannot be used twice");
      }
      offset = Math.addExact(offset, info.bytes());
    }
    return new Header(entries, new TreeMap<>(metadata), offset);
  }

  List<Entry> inDataOrder() {
    List<Entry> order = new ArrayList<>(entries.values());
    order.sort(Comparator.comparingLong(Entry::offset).thenComparingLong(Entry::end));
    return order;
  }

  /** The JSON text, padded with spaces so that the data begins at a multiple of 8. */
  byte[] encode() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject(METADATA);
      metadata.forEach(node::put);
    }
    for (Entry entry : inDataOrder()) {
      ObjectNode node = root.putObject(entry.info().name());
      node.put("dtype", entry.info().dtype().name());
      var shape = node.putArray("shape");
      entry.info().shape().forEach(shape::add);
      node.putArray("data_offsets").add(entry.offset()).add(entry.end());
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  /** Reads the JSON text of a file whose data has {@code dataBytes} bytes, and checks it. */
  static Header decode(Path file, byte[] json, long dataBytes) throws InvalidSafetensorsException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidSafetensorsException(
          file, "has a header that is not JSON: " + e.getOriginalMessage());
    } catch (java.io.IOException e) {
      throw new InvalidSafetensorsException(file, "has an unreadable header: " + e.getMessage());
    }
    if (root == null || !root.isObject()) {
      throw new InvalidSafetensorsException(file, "has a header that is not a JSON object");
    }
    SortedMap<String, Entry> entries = new TreeMap<>(TensorInfo.NAME_ORDER);
    SortedMap<String, String> metadata = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        field.getValue().properties().forEach(m -> metadata.put(m.getKey(), m.getValue().asText()));
      } else {
        entries.put(field.getKey(), entry(file, field.getKey(), field.getValue()));
      }
    }
    Header header = new Header(entries, metadata, dataBytes);
    header.checkCover(file);
    return header;
  }

  private static Entry entry(Path file, String name, JsonNode node)
      throws InvalidSafetensorsException {
    JsonNode shape = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    if (!shape.isArray() || !offsets.isArray() || offsets.size() != 2) {
      throw new InvalidSafetensorsException(
          file, "has no dtype, shape and data_offsets for tensor " + name);
    }
    List<Long> dimensions = new ArrayList<>();
    for (JsonNode dimension : shape) {
      dimensions.add(whole(file, name, dimension));
    }
    DType dtype = dtype(file, name, node.path("dtype").asText());
    long begin = whole(file, name, offsets.get(0));
    long end = whole(file, name, offsets.get(1));
    TensorInfo info;
    try {
      info = new TensorInfo(name, dtype, dimensions);
    } catch (ArithmeticException e) {
      throw new InvalidSafetensorsException(
          file, "says tensor " + name + " has the impossible shape " + dimensions);
    }
    if (end - begin != info.bytes()) {
      throw new InvalidSafetensorsException(
          file,
          "gives tensor %s %d bytes but %s %s needs %d"
              .formatted(name, end - begin, dtype, dimensions, info.bytes()));
    }
    return new Entry(info, begin);
  }

  private static long whole(Path file, String name, JsonNode node)
      throws InvalidSafetensorsException {
    if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
      throw new InvalidSafetensorsException(
          file, "has " + node + " where tensor " + name + " needs a whole number");
    }
    return node.longValue();
  }

  private static DType dtype(Path file, String name, String text)
      throws InvalidSafetensorsException {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(text)) {
        return dtype;
      }
    }
    throw new InvalidSafetensorsException(
        file, "has the unknown dtype '" + text + "' for tensor " + name);
  }

  /** Every byte of the data must belong to exactly one tensor. */
  private void checkCover(Path file) throws InvalidSafetensorsException {
    long position = 0;
    for (Entry entry : inDataOrder()) {
      if (entry.offset() != position) {
        throw new InvalidSafetensorsException(
            file,
            "has %s before tensor %s: it begins at byte %d but the one before ends at %d"
                .formatted(
                    entry.offset() > position ? "a gap" : "an overlap",
                    entry.info().name(),
                    entry.offset(),
                    position));
      }
      position = entry.end();
    }
    if (position != dataBytes) {
      throw new InvalidSafetensorsException(
          file,
          "holds %d bytes of data but its header describes %d; it is cut off or has a tail"
              .formatted(dataBytes, position));
    }
  }
}
