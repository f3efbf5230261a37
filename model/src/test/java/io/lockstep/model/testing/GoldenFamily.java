package io.lockstep.model.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.encode.SampleEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tiny model with random weights, and what the public Python implementation computes with it. */
public enum GoldenFamily {
  QWEN3_VL("qwen3_vl"),
  QWEN2_5_VL("qwen2_5_vl");

  private final String folder;

  GoldenFamily(String folder) {
    this.folder = folder;
  }

  /** The model's {@code model_type}. */
  public String modelType() {
    return folder;
  }

  /** A file of this family. */
  public Path file(String name) {
    return Goldens.path(folder + "/" + name);
  }

  /** The model's folder. */
  public Path checkpoint() {
    return file("checkpoint");
  }

  /** What was computed, as far as it is not tensors. */
  public JsonNode cases() throws IOException {
    return new ObjectMapper().readTree(file("cases.json").toFile());
  }

  /** The four conversations. */
  public List<GoldenConversations.Case> conversations() throws IOException {
    return GoldenConversations.of(cases());
  }

  /** The four conversations with their answers, encoded to learn from. */
  public List<Sample> samples(SampleEncoder encoder) throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (GoldenConversations.Case conversation : conversations()) {
      samples.add(encoder.forTraining("conversation " + samples.size(), conversation.answered()));
    }
    return samples;
  }
}
