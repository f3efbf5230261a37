package io.lockstep.gateway.rpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import com.linecorp.armeria.common.grpc.GrpcJsonMarshaller;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.StatusRuntimeException;
import io.lockstep.config.text.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests in JSON as protobuf maps them, read strictly: a field that nobody knows, a value that
 * doesn't fit or a text that is no JSON is said with its place. Answers are written by Armeria.
 */
final class JsonRequests implements GrpcJsonMarshaller {

  /** Deeper than any request. */
  private static final int DEPTH = 16;

  private static final int DIGITS = 100;

  private final JsonFactory json;
  private final GrpcJsonMarshaller writer;

  /**
   * @param messageBytes longest message, and so longest text in one
   * @param writer of answers
   */
  JsonRequests(int messageBytes, GrpcJsonMarshaller writer) {
    this.writer = writer;
    this.json =
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxStringLength(messageBytes)
                    .maxNumberLength(DIGITS)
                    .maxNestingDepth(DEPTH)
                    .build())
            .build();
  }

  @Override
  public <T> void serializeMessage(Marshaller<T> marshaller, T message, OutputStream os)
      throws IOException {
    writer.serializeMessage(marshaller, message, os);
  }

  /**
   * @throws StatusRuntimeException naming what is wrong and where
   */
  @Override
  public <T> T deserializeMessage(Marshaller<T> marshaller, InputStream in) throws IOException {
    PrototypeMarshaller<T> typed = (PrototypeMarshaller<T>) marshaller;
    @Nullable Message prototype = (Message) typed.getMessagePrototype();
    if (prototype == null) {
      throw new IOException("no type is known of " + marshaller);
    }
    Message.Builder message = prototype.newBuilderForType();
    try (JsonParser parser = json.createParser(in)) {
      JsonToken first = parser.nextToken();
      if (first != null) {
        require(first == JsonToken.START_OBJECT, "the request", "is no JSON object");
        read(parser, "", message);
        require(parser.nextToken() == null, "the request", "has something behind its end");
      }
    } catch (JsonProcessingException e) {
      var where = e.getLocation();
      throw Statuses.invalid(
          "the request is not JSON: %s (line %d, column %d)"
              .formatted(
                  e.getOriginalMessage().lines().findFirst().orElse(""),
                  where.getLineNr(),
                  where.getColumnNr()));
    }
    @SuppressWarnings("unchecked") // the prototype's own type
    T request = (T) message.build();
    return request;
  }

  private static void read(JsonParser parser, String path, Message.Builder into)
      throws IOException {
    Descriptor type = into.getDescriptorForType();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      String place = path.isEmpty() ? name : path + "." + name;
      FieldDescriptor field = field(type, name);
      if (field == null) {
        throw unknown(type, place, name);
      }
      if (parser.nextToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      var oneof = field.getContainingOneof();
      if (oneof != null && into.hasOneof(oneof)) {
        throw Statuses.invalid(
            "%s: %s is given already, and only one of them can be"
                .formatted(place, into.getOneofFieldDescriptor(oneof).getName()));
      }
      if (field.isRepeated()) {
        require(parser.currentToken() == JsonToken.START_ARRAY, place, "must be a list");
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
          into.addRepeatedField(field, value(parser, place + "[" + i + "]", field, into));
        }
      } else {
        into.setField(field, value(parser, place, field, into));
      }
    }
  }

  private static @Nullable FieldDescriptor field(Descriptor type, String name) {
    for (FieldDescriptor field : type.getFields()) {
      if (field.getName().equals(name) || field.getJsonName().equals(name)) {
        return field;
      }
    }
    return null;
  }

  private static StatusRuntimeException unknown(Descriptor type, String place, String name) {
    List<String> known = new ArrayList<>();
    type.getFields().forEach(field -> known.add(field.getName()));
    return Statuses.invalid(
        "%s: there is no such field%s; there are %s"
            .formatted(
                place,
                NearestName.of(name, known).map(near -> ", did you mean " + near + "?").orElse(""),
                known.isEmpty() ? "none" : String.join(", ", known)));
  }

  private static Object value(
      JsonParser parser, String place, FieldDescriptor field, Message.Builder owner)
      throws IOException {
    return switch (field.getJavaType()) {
      case MESSAGE -> {
        require(parser.currentToken() == JsonToken.START_OBJECT, place, "must be an object");
        Message.Builder message = owner.newBuilderForField(field);
        read(parser, place, message);
        yield message.build();
      }
      case STRING -> {
        require(parser.currentToken() == JsonToken.VALUE_STRING, place, "must be a text");
        yield parser.getText();
      }
      case BYTE_STRING -> bytes(parser, place);
      case BOOLEAN -> {
        require(parser.currentToken().isBoolean(), place, "must be true or false");
        yield parser.getBooleanValue();
      }
      case INT -> (int) integer(parser, place, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> integer(parser, place, Long.MIN_VALUE, Long.MAX_VALUE);
      case DOUBLE -> number(parser, place);
      case FLOAT -> (float) number(parser, place);
      case ENUM -> constant(parser, place, field);
    };
  }

  private static ByteString bytes(JsonParser parser, String place) throws IOException {
    require(parser.currentToken() == JsonToken.VALUE_STRING, place, "must be a text in base64");
    try {
      return UnsafeByteOperations.unsafeWrap(parser.getBinaryValue());
    } catch (JsonProcessingException e) {
      throw Statuses.invalid(
          place + ": is not base64: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  /** A number, or as protobuf allows it a number in quotes. */
  private static long integer(JsonParser parser, String place, long least, long most)
      throws IOException {
    String text = parser.getText();
    require(parser.currentToken().isScalarValue(), place, "must be a whole number");
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw Statuses.invalid(
        "%s: is %s; it must be a whole number from %d to %d"
            .formatted(place, shortened(text), least, most));
  }

  private static double number(JsonParser parser, String place) throws IOException {
    String text = parser.getText();
    require(parser.currentToken().isScalarValue(), place, "must be a number");
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw Statuses.invalid("%s: is %s; it must be a number".formatted(place, shortened(text)));
    }
  }

  private static EnumValueDescriptor constant(
      JsonParser parser, String place, FieldDescriptor field) throws IOException {
    List<String> names =
        field.getEnumType().getValues().stream().map(EnumValueDescriptor::getName).toList();
    String text = parser.getText();
    require(parser.currentToken().isScalarValue(), place, "must be one of " + names);
    if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
      int number = (int) integer(parser, place, Integer.MIN_VALUE, Integer.MAX_VALUE);
      return field.getEnumType().findValueByNumberCreatingIfUnknown(number);
    }
    EnumValueDescriptor value = field.getEnumType().findValueByName(text);
    if (value == null) {
      throw Statuses.invalid(
          "%s: is %s; it must be one of %s"
              .formatted(place, shortened(text), String.join(", ", names)));
    }
    return value;
  }

  private static String shortened(String text) {
    return text.length() <= DIGITS ? text : text.substring(0, DIGITS) + "...";
  }

  private static void require(boolean holds, String place, String problem) {
    if (!holds) {
      throw Statuses.invalid(place + ": " + problem);
    }
  }
}
