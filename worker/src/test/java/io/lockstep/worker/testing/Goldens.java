package io.lockstep.worker.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.encode.SampleEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the public Python implementation computed, as files. */
public final class Goldens {

  private static final Path ROOT = Path.of("src/test/resources/goldens").toAbsolutePath();

  /** A tiny Qwen3-VL with random weights. */
  public static final Path CHECKPOINT = ROOT.resolve("qwen3_vl/checkpoint");

  private Goldens() {}

  /** A file of the Qwen3-VL fixtures. */
  public static Path file(String name) {
    return ROOT.resolve("qwen3_vl").resolve(name);
  }

  /** One of the pictures. */
  public static Path image(String name) {
    return ROOT.resolve("images").resolve(name);
  }

  /** The reference cases. */
  public static JsonNode cases() throws IOException {
    return new ObjectMapper().readTree(file("cases.json").toFile());
  }

  /** The four conversations with their answers, encoded to learn from. */
  public static List<Sample> samples(SampleEncoder encoder) throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (JsonNode conversation : cases().get("conversations")) {
      samples.add(encoder.forTraining("conversation " + samples.size(), answered(conversation)));
    }
    return samples;
  }

  private static Conversation answered(JsonNode json) {
    List<Message> messages = new ArrayList<>();
    if (json.has("system")) {
      messages.add(Message.text(Role.SYSTEM, json.get("system").textValue()));
    }
    List<Content> contents = new ArrayList<>();
    json.get("images")
        .forEach(
            name -> contents.add(new Content.Image(new ImageSource.File(image(name.textValue())))));
    contents.add(new Content.Text(json.get("user").textValue()));
    messages.add(new Message(Role.USER, contents));
    messages.add(Message.text(Role.ASSISTANT, json.get("assistant").textValue()));
    return new Conversation(messages);
  }
}
