package io.lockstep.model.encode;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.RgbImage;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.chat.ChatTemplate;
import io.lockstep.model.chat.Encoded;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.ImageProcessor;
import io.lockstep.model.image.Patches;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns conversations into samples: decodes and cuts their pictures, chooses the vision tokens that
 * are kept, renders the chat template and makes tokens and labels of it. May be used by several
 * threads.
 */
public final class SampleEncoder {

  private final ChatTemplate template;
  private final ImageProcessor images;
  private final int mergeSize;
  private final TokenBudget budget;

  /**
   * An encoder of one model's template and pictures that keeps all vision tokens; {@code mergeSize}
   * patches squared become one.
   */
  public SampleEncoder(ChatTemplate template, ImageProcessor images, int mergeSize) {
    this(template, images, mergeSize, TokenBudget.ALL);
  }

  private SampleEncoder(
      ChatTemplate template, ImageProcessor images, int mergeSize, TokenBudget budget) {
    this.template = template;
    this.images = images;
    this.mergeSize = mergeSize;
    this.budget = budget;
  }

  /** The same encoder with another budget of vision tokens. */
  public SampleEncoder withBudget(TokenBudget other) {
    return new SampleEncoder(template, images, mergeSize, other);
  }

  /**
   * A sample to learn from: labels cover each assistant turn.
   *
   * @param name how errors call it
   * @throws IOException naming a picture that can't be read
   */
  public Sample forTraining(String name, Conversation conversation) throws IOException {
    return forTraining(name, conversation, patches(conversation));
  }

  /**
   * A picture's pixels, the first of three parts of {@link #forTraining(String, Conversation)}.
   *
   * @throws IOException naming the picture, if it can't be read
   */
  public RgbImage decode(ImageSource source) throws IOException {
    return images.decode(source);
  }

  /**
   * The patches of pictures.
   *
   * @param name how errors call them
   */
  public List<Patches> process(String name, List<RgbImage> pictures) throws IOException {
    List<Patches> patches = new ArrayList<>();
    for (RgbImage picture : pictures) {
      patches.add(images.process(name, picture));
    }
    return patches;
  }

  /**
   * A sample whose pictures are patches already.
   *
   * @param patches of the conversation's pictures, in their order
   */
  public Sample forTraining(String name, Conversation conversation, List<Patches> patches) {
    List<KeptTokens> kept = kept(patches);
    Encoded encoded = template.encodeForTraining(conversation, counts(kept));
    return new Sample(name, encoded.tokens(), encoded.labels(), patches, kept);
  }

  /**
   * How many tokens {@link #forTraining} would come to; of pictures in files only headers are read.
   *
   * @throws IOException naming a picture that can't be read
   */
  public int length(Conversation conversation) throws IOException {
    List<Integer> counts = new ArrayList<>();
    for (ImageSource source : conversation.images()) {
      counts.add(budget.count(grid(source).tokens(mergeSize)));
    }
    return template.encodeForTraining(conversation, counts).tokens().length;
  }

  private Grid grid(ImageSource source) throws IOException {
    if (source instanceof ImageSource.File(Path path)) {
      ImageHeader header = ImageHeader.read(path, DecodeLimits.DEFAULT);
      return images.grid(header.width(), header.height());
    }
    RgbImage picture = decode(source);
    return images.grid(picture.width(), picture.height());
  }

  /**
   * A prompt for the model to continue.
   *
   * @throws IOException naming a picture that can't be read
   */
  public Sample prompt(String name, Conversation conversation) throws IOException {
    List<Patches> patches = patches(conversation);
    List<KeptTokens> kept = kept(patches);
    Encoded encoded = template.encodePrompt(conversation, counts(kept));
    return Sample.prompt(name, encoded.tokens(), patches, kept);
  }

  /**
   * The text of a prompt, placeholders of pictures written out, for comparison and display.
   *
   * @throws IOException naming a picture that can't be read
   */
  public String promptText(Conversation conversation) throws IOException {
    return template.renderPrompt(conversation, counts(kept(patches(conversation))));
  }

  private List<Patches> patches(Conversation conversation) throws IOException {
    List<Patches> patches = new ArrayList<>();
    for (ImageSource source : conversation.images()) {
      patches.add(images.process(source));
    }
    return patches;
  }

  private List<KeptTokens> kept(List<Patches> patches) {
    return patches.stream().map(picture -> budget.choose(picture, mergeSize)).toList();
  }

  private static List<Integer> counts(List<KeptTokens> kept) {
    return kept.stream().map(KeptTokens::count).toList();
  }
}
