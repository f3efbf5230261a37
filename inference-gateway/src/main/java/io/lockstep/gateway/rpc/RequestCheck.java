package io.lockstep.gateway.rpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.lockstep.config.text.UsableText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What holds for every request, whichever fields it has: nothing in it is unknown here, its texts
 * can be given to a model, and together they are not too long.
 *
 * <p>A field of a newer client that an older gateway doesn't know is refused as well: protobuf
 * would drop it, and the answer would be another than was asked for.
 */
final class RequestCheck {

  private final int textBytes;
  private long texts;

  private RequestCheck(int textBytes) {
    this.textBytes = textBytes;
  }

  /**
   * Checks a request.
   *
   * @param most most bytes of all its texts together
   * @return bytes of all its texts together
   */
  static long texts(Message request, int most) {
    RequestCheck check = new RequestCheck(most);
    check.message("", request);
    return check.texts;
  }

  private void message(String path, Message message) {
    if (!message.getUnknownFields().asMap().isEmpty()) {
      throw Statuses.invalid(
          "%s: field number %d is not known here: the client is newer than this gateway, or not one of its clients"
              .formatted(
                  path.isEmpty() ? message.getDescriptorForType().getName() : path,
                  message.getUnknownFields().asMap().keySet().iterator().next()));
    }
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      String place = path.isEmpty() ? field.getName() : path + "." + field.getName();
      if (field.isRepeated()) {
        List<?> values = (List<?>) entry.getValue();
        for (int i = 0; i < values.size(); i++) {
          value(place + "[" + i + "]", values.get(i));
        }
      } else {
        value(place, entry.getValue());
      }
    }
  }

  private void value(String place, Object value) {
    switch (value) {
      case Message message -> message(place, message);
      case String text -> text(place, text);
      default -> {}
    }
  }

  private void text(String place, String text) {
    texts += text.length() > textBytes ? text.length() : utf8(text);
    if (texts > textBytes) {
      throw Statuses.invalid(
          "%s: the texts of the request have more than the %d bytes that are accepted; shorten them"
              .formatted(place, textBytes));
    }
    UsableText.problem(text)
        .ifPresent(problem -> {
          throw Statuses.invalid(place + " " + problem);
        });
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
