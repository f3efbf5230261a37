package io.lockstep.gateway.rpc;

import com.google.protobuf.ByteString;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.serving.Task;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.proto.inference.v1.CaptionRequest;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.DetectRequest;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests as tasks; whatever can be known without decoding pictures is said as INVALID_ARGUMENT,
 * with the field, before it is queued.
 */
final class Requests {

  /** Names are given back in answers, messages and logs. */
  private static final int NAME_LENGTH = 1024;

  /** Bytes of memory that a byte of text takes while it becomes tokens. */
  private static final int BYTES_OF_TEXT = 256;

  private final RequestLimits limits;
  private final DecodeLimits pictures;

  Requests(RequestLimits limits) {
    this.limits = limits;
    this.pictures = new DecodeLimits(limits.pictureBytes(), limits.picturePixels());
  }

  GenerationOptions options(Decoding decoding) {
    return DecodingMessages.read("decoding", decoding, limits);
  }

  /** A picture's own settings, or else those of its request. */
  GenerationOptions options(SummarizeRequest request, int index) {
    Picture picture = request.getPictures(index);
    return picture.hasDecoding()
        ? DecodingMessages.read(
            "pictures[%d].decoding".formatted(index), picture.getDecoding(), limits)
        : options(request.getDecoding());
  }

  /** Checks a request that asks for nothing to be computed. */
  void check(GetModelRequest request) {
    RequestCheck.texts(request, limits.textBytes());
  }

  List<Weighed> tasks(SummarizeRequest request) {
    long texts = RequestCheck.texts(request, limits.textBytes());
    requireCount("pictures", request.getPicturesCount());
    List<Weighed> tasks = new ArrayList<>();
    for (Picture picture : request.getPicturesList()) {
      tasks.add(summary("pictures[%d].".formatted(tasks.size()), picture, texts));
    }
    return tasks;
  }

  Weighed task(Picture picture) {
    return summary("", picture, RequestCheck.texts(picture, limits.textBytes()));
  }

  private Weighed summary(String path, Picture picture, long texts) {
    requireName(path + "id", picture.getId());
    Weight weight = new Weight(texts);
    ImageSource source = source(path + "content", picture.getId(), picture.getContent(), weight);
    return new Weighed(new Task.Summarize(source, picture.getAllowUntrained()), weight.bytes);
  }

  Weighed task(CaptionRequest request) {
    Weight weight = new Weight(RequestCheck.texts(request, limits.textBytes()));
    requireName("id", request.getId());
    ImageSource source = source("content", request.getId(), request.getContent(), weight);
    ImageHeader header = header(source);
    return new Weighed(
        new Task.Caption(source, header.width(), header.height(), request.getAllowUntrained()),
        weight.bytes);
  }

  private ImageHeader header(ImageSource source) {
    try {
      return ImageHeader.of(source, pictures);
    } catch (IOException e) {
      throw Statuses.invalid("content: " + e.getMessage());
    }
  }

  Weighed task(DetectRequest request) {
    long texts = RequestCheck.texts(request, limits.textBytes());
    requireName("id", request.getId());
    double least = request.getMinScore();
    if (!(least >= 0 && least <= 1)) {
      throw Statuses.invalid("min_score is " + least + "; it takes a number from 0 to 1");
    }
    Weight weight = new Weight(texts);
    ImageSource source = source("content", request.getId(), request.getContent(), weight);
    ImageHeader header = header(source);
    return new Weighed(new Task.Detect(source, header.width(), header.height()), weight.bytes);
  }

  Weighed task(JudgeRequest request) {
    long texts = RequestCheck.texts(request, limits.textBytes());
    requireName("group_id", request.getGroupId());
    String where = "group " + request.getGroupId();
    requireCount(where + ": summaries", request.getSummariesCount());
    try {
      // Composed here only to refuse what can't be composed before it is queued.
      var _ = RolloutPrompt.of(request.getMission(), request.getSummariesList());
    } catch (IllegalArgumentException e) {
      throw Statuses.invalid(where + ": " + e.getMessage());
    }
    return new Weighed(
        new Task.Judge(request.getGroupId(), request.getMission(), request.getSummariesList()),
        new Weight(texts).bytes);
  }

  Weighed task(ChatRequest request) {
    Weight weight = new Weight(RequestCheck.texts(request, limits.textBytes()));
    if (request.getMessagesCount() == 0) {
      throw Statuses.invalid("messages is empty; send at least the user's turn");
    }
    List<Message> messages = new ArrayList<>();
    for (ChatMessage message : request.getMessagesList()) {
      messages.add(message(message, messages, weight));
    }
    if (messages.getLast().role() != Role.USER) {
      throw Statuses.invalid("the last message must be the user's");
    }
    return new Weighed(new Task.Chat(new Conversation(messages)), weight.bytes);
  }

  private Message message(ChatMessage message, List<Message> before, Weight weight) {
    int index = before.size();
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
    Role expected =
        before.isEmpty() || before.getLast().role() != Role.USER ? Role.USER : Role.ASSISTANT;
    if (role != Role.SYSTEM && role != expected) {
      throw Statuses.invalid(
          "%s is the %s's; after an optional system message user and assistant take turns, beginning with the user: join turns of the same side into one message"
              .formatted(where, role.label()));
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
              if (++weight.pictures > limits.pictures()) {
                requireCount("pictures", weight.pictures);
              }
              yield new Content.Image(source(name, name, content.getImage(), weight));
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

  private ImageSource source(String field, String name, ByteString content, Weight weight) {
    if (content.isEmpty()) {
      throw Statuses.invalid(field + " is empty; it takes an encoded PNG, JPEG or WebP");
    }
    ImageSource.Bytes source = new ImageSource.Bytes(name, content.toByteArray());
    try {
      ImageHeader header = ImageHeader.of(source, pictures);
      DecodeLimits.requireAspectRatio(name, header.width(), header.height());
      weight.bytes = Math.max(weight.bytes, header.decodingBytes());
      return source;
    } catch (IOException e) {
      String problem = String.valueOf(e.getMessage());
      throw Statuses.invalid(problem.contains(field) ? problem : field + ": " + problem);
    }
  }

  private static void requireName(String field, String name) {
    if (name.isBlank()) {
      throw Statuses.invalid(field + " is empty; every picture and every group needs one");
    }
    if (name.length() > NAME_LENGTH) {
      throw Statuses.invalid(
          "%s has %d characters, at most %d are accepted"
              .formatted(field, name.length(), NAME_LENGTH));
    }
  }

  /** What reading a request takes, as it becomes known. */
  private static final class Weight {
    private long bytes;
    private int pictures;

    Weight(long texts) {
      bytes = texts * BYTES_OF_TEXT;
    }
  }

  private void requireCount(String what, int count) {
    if (count < 1 || count > limits.pictures()) {
      throw Statuses.invalid(
          "%s: %d given, 1 to %d are accepted in one request"
              .formatted(what, count, limits.pictures()));
    }
  }

  /**
   * A task whose request has been checked.
   *
   * @param weight bytes that reading its pictures and texts takes at most
   */
  record Weighed(Task task, long weight) {

    Job job(GenerationOptions options, Job.Sink sink) {
      return new Job(task, options, weight, sink);
    }
  }
}
