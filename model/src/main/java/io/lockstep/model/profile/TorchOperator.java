package io.lockstep.model.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A call of one of libtorch's operators, or of a node of its backward passes.
 *
 * @param name for example {@code aten::mm}
 * @param begin in nanoseconds, as {@link System#nanoTime} counts
 * @param end in the same
 * @param elements values of all tensors that it was given
 */
public record TorchOperator(String name, long begin, long end, long elements) {

  private static final double NANOS = 1e3;
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Reads what {@link io.lockstep.tensor.TorchProfile} has written.
   *
   * @param begin when the record began
   * @return calls in the order in which they began, a call before those that it makes
   */
  static List<TorchOperator> read(Path file, long begin) throws IOException {
    List<TorchOperator> operators = new ArrayList<>();
    try (JsonParser json = JSON.createParser(file.toFile())) {
      require(json, JsonToken.START_ARRAY);
      while (json.nextToken() == JsonToken.START_OBJECT) {
        operators.add(event(json, begin));
      }
    }
    operators.sort(
        Comparator.comparingLong(TorchOperator::begin)
            .thenComparing(Comparator.comparingLong(TorchOperator::end).reversed()));
    return operators;
  }

  private static void require(JsonParser json, JsonToken token) throws IOException {
    if (json.nextToken() != token) {
      throw new IOException("libtorch's profile has another form than that of version 2.7");
    }
  }

  private static TorchOperator event(JsonParser json, long begin) throws IOException {
    String name = "";
    double at = 0;
    double lasts = 0;
    long elements = 0;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "name" -> name = json.getText();
        case "ts" -> at = json.getDoubleValue();
        case "dur" -> lasts = json.getDoubleValue();
        case "shape" -> elements = elements(json);
        default -> json.skipChildren();
      }
    }
    long from = begin + Math.round(at * NANOS);
    return new TorchOperator(name, from, from + Math.round(lasts * NANOS), elements);
  }

  /** Values of all arguments whose shape is given; an argument without one is no tensor. */
  private static long elements(JsonParser json) throws IOException {
    long all = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      long values = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        values = Math.max(1, values) * json.getLongValue();
      }
      all += values;
    }
    return all;
  }
}
