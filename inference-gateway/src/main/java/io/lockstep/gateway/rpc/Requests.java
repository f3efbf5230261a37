package io.lockstep.gateway.rpc;

import com.google.protobuf.ByteString;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.serving.Task;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests as tasks; whatever is wrong with one is said as INVALID_ARGUMENT before it is queued.
 */
final class Requests {

  private final RequestLimits limits;
  private final ImageDecoder decoder;

  Requests(RequestLimits limits) {
    this.limits = limits;
    this.decoder =
        new ImageDecoder(new DecodeLimits(limits.pictureBytes(), limits.picturePixels()));
  }

  GenerationOptions options(Decoding decoding) {
    return DecodingMessages.read(decoding, limits);
  }

  /** A picture's own settings, or else those of its request. */
  GenerationOptions options(SummarizeRequest request, Picture picture) {
    return options(picture.hasDecoding() ? picture.getDecoding() : request.getDecoding());
  }

  List<Task> tasks(SummarizeRequest request) {
    requireCount("pictures", request.getPicturesCount());
    return request.getPicturesList().stream().<Task>map(this::task).toList();
  }

  Task task(Picture picture) {
    if (picture.getId().isBlank()) {
      throw Statuses.invalid("a picture has no id; every picture needs one");
    }
    return new Task.Summarize(source(picture.getId(), picture.getContent()));
  }

  Task task(JudgeRequest request) {
    if (request.getGroupId().isBlank()) {
      throw Statuses.invalid("group_id is empty; every group needs one");
    }
    String where = "group " + request.getGroupId();
    requireCount(where + ": summaries", request.getSummariesCount());
    try {
      // Composed here only to refuse what can't be composed before it is queued.
      var _ = RolloutPrompt.of(request.getMission(), request.getSummariesList());
    } catch (IllegalArgumentException e) {
      throw Statuses.invalid(where + ": " + e.getMessage());
    }
    return new Task.Judge(request.getGroupId(), request.getMission(), request.getSummariesList());
  }

  Task task(ChatRequest request) {
    if (request.getMessagesCount() == 0) {
      throw Statuses.invalid("messages is empty; send at least the user's turn");
    }
    List<Message> messages = new ArrayList<>();
    int[] pictureCount = {0};
    for (ChatMessage message : request.getMessagesList()) {
      messages.add(message(message, messages.size(), pictureCount));
    }
    if (messages.getLast().role() != Role.USER) {
      throw Statuses.invalid("the last message must be the user's");
    }
    if (pictureCount[0] > limits.pictures()) {
      requireCount("pictures", pictureCount[0]);
    }
    return new Task.Chat(new Conversation(messages));
  }

  private Message message(ChatMessage message, int index, int[] pictureCount) {
    String where = "messages[" + index + "]";
    Role role =
        switch (message.getRole()) {
          case ROLE_SYSTEM -> Role.SYSTEM;
          case ROLE_USER -> Role.USER;
          case ROLE_ASSISTANT -> Role.ASSISTANT;
          case ROLE_UNSPECIFIED, UNRECOGNIZED ->
              throw Statuses.invalid(where + " has no role; set system, user or assistant");
        };
    if (role == Role.SYSTEM && index > 0) {
      throw Statuses.invalid(where + ": a system message comes first or not at all");
    }
    List<Content> contents = new ArrayList<>();
    for (ChatContent content : message.getContentsList()) {
      contents.add(
          switch (content.getKindCase()) {
            case TEXT -> new Content.Text(content.getText());
            case IMAGE -> {
              if (role != Role.USER) {
                throw Statuses.invalid(where + ": only the user shows pictures");
              }
              String name = "%s.contents[%d]".formatted(where, contents.size());
              pictureCount[0]++;
              yield new Content.Image(source(name, content.getImage()));
            }
            case KIND_NOT_SET ->
                throw Statuses.invalid(
                    "%s.contents[%d] is neither text nor image".formatted(where, contents.size()));
          });
    }
    if (contents.isEmpty()) {
      throw Statuses.invalid(where + " has no contents");
    }
    return new Message(role, contents);
  }

  private ImageSource source(String name, ByteString content) {
    ImageSource.Bytes source = new ImageSource.Bytes(name, content.toByteArray());
    try {
      // The pixels are thrown away: the model thread must never meet a picture it can't decode.
      var _ = decoder.decode(source);
    } catch (UnreadableImageException e) {
      throw Statuses.invalid(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw Statuses.invalid("Picture " + name + " can't be decoded: " + e.getMessage());
    }
    return source;
  }

  private void requireCount(String what, int count) {
    if (count < 1 || count > limits.pictures()) {
      throw Statuses.invalid(
          "%s: %d given, 1 to %d are accepted in one request"
              .formatted(what, count, limits.pictures()));
    }
  }
}
