package io.lockstep.model.detect;

import ai.djl.ndarray.NDArray;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds objects in the pictures of prompts. One pass through the model, no answer is generated.
 *
 * @param head the model's
 */
public record Detector(VisionLanguageModel network, Collator collator, DetectionConfig head) {

  private static final int BOX = 4;

  /** How a picture is shown to the model: as in training, but without a question. */
  public Conversation show(ImageSource picture) {
    List<Message> messages = new ArrayList<>();
    if (!head.system().isEmpty()) {
      messages.add(Message.text(Role.SYSTEM, head.system()));
    }
    messages.add(new Message(Role.USER, List.of(new Content.Image(picture))));
    return new Conversation(messages);
  }

  /**
   * What the head says of each prompt's picture: all its queries, the surest first.
   *
   * @param prompts each with one picture
   * @throws IllegalArgumentException if a prompt has another number of pictures
   */
  public List<List<FoundObject>> find(List<Sample> prompts) {
    for (Sample prompt : prompts) {
      if (prompt.images().size() != 1) {
        throw new IllegalArgumentException(
            "%s has %d pictures: objects are found in one picture at a time"
                .formatted(prompt.name(), prompt.images().size()));
      }
    }
    float[] values = predictions(collator.collate(prompts));
    List<List<FoundObject>> found = new ArrayList<>();
    for (int row = 0; row < prompts.size(); row++) {
      found.add(found(values, row));
    }
    return found;
  }

  /**
   * What the head predicts of a batch, [rows, queries, outputs] in row-major order.
   *
   * @param batch at least one of its rows has a picture
   */
  public float[] predictions(Batch batch) {
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        NDArray hidden_BTH = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
        return HostValues.floats(network.detections(scope, batch, hidden_BTH));
      }
    });
  }

  private List<FoundObject> found(float[] values, int row) {
    List<FoundObject> found = new ArrayList<>();
    for (int query = 0; query < head.queries(); query++) {
      int at = (row * head.queries() + query) * head.outputs();
      int captions = at + BOX + 1;
      int best = 0;
      for (int i = 1; i < head.captions().size(); i++) {
        best = values[captions + i] > values[captions + best] ? i : best;
      }
      double sum = 0;
      for (int i = 0; i < head.captions().size(); i++) {
        sum += StrictMath.exp((double) values[captions + i] - values[captions + best]);
      }
      double isThere = 1 / (1 + StrictMath.exp(-values[at + BOX]));
      found.add(
          new FoundObject(
              inside(values[at] - values[at + 2] / 2.0),
              inside(values[at + 1] - values[at + 3] / 2.0),
              inside(values[at] + values[at + 2] / 2.0),
              inside(values[at + 1] + values[at + 3] / 2.0),
              isThere / sum,
              head.captions().get(best),
              query));
    }
    found.sort(FoundObject.SUREST_FIRST);
    return List.copyOf(found);
  }

  /** Boxes end where the picture does. */
  private static double inside(double share) {
    return Math.clamp(share, 0.0, 1.0);
  }
}
