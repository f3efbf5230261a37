package io.lockstep.model.encode;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.chat.ChatTemplate;
import io.lockstep.model.chat.Encoded;
import io.lockstep.model.image.ImageProcessor;
import io.lockstep.model.image.Patches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns conversations into samples: decodes and cuts their pictures, renders the chat template and
 * makes tokens and labels of it. May be used by several threads.
 */
public final class SampleEncoder {

  private final ChatTemplate template;
  private final ImageProcessor images;
  private final int mergeSize;

  /**
   * An encoder of one model's template and pictures; {@code mergeSize} patches squared become one
   * token.
   */
  public SampleEncoder(ChatTemplate template, ImageProcessor images, int mergeSize) {
    this.template = template;
    this.images = images;
    this.mergeSize = mergeSize;
  }

  /**
   * A sample to learn from: labels cover each assistant turn.
   *
   * @param name how errors call it
   * @throws IOException naming a picture that can't be read
   */
  public Sample forTraining(String name, Conversation conversation) throws IOException {
    List<Patches> patches = patches(conversation);
    Encoded encoded = template.encodeForTraining(conversation, tokens(patches));
    return new Sample(name, encoded.tokens(), encoded.labels(), patches);
  }

  /**
   * A prompt for the model to continue.
   *
   * @throws IOException naming a picture that can't be read
   */
  public Sample prompt(String name, Conversation conversation) throws IOException {
    List<Patches> patches = patches(conversation);
    return Sample.prompt(
        name, template.encodePrompt(conversation, tokens(patches)).tokens(), patches);
  }

  private List<Patches> patches(Conversation conversation) throws IOException {
    List<Patches> patches = new ArrayList<>();
    for (ImageSource source : conversation.images()) {
      patches.add(images.process(source));
    }
    return patches;
  }

  private List<Integer> tokens(List<Patches> patches) {
    return patches.stream().map(picture -> picture.grid().tokens(mergeSize)).toList();
  }
}
