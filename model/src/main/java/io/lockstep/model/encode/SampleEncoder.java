package io.lockstep.model.encode;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.RgbImage;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.chat.ChatTemplate;
import io.lockstep.model.chat.Encoded;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.image.ImageProcessor;
import io.lockstep.model.image.Patches;
import java.io.IOException;
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
  private final ContextLimit limit;
  private final TokenBudget budget;

  /**
   * An encoder of one model's template and pictures that keeps all vision tokens; {@code mergeSize}
   * patches squared become one. Prompts are held to the limit.
   */
  public SampleEncoder(
      ChatTemplate template, ImageProcessor images, int mergeSize, ContextLimit limit) {
    this(template, images, mergeSize, limit, TokenBudget.ALL);
  }

  private SampleEncoder(
      ChatTemplate template,
      ImageProcessor images,
      int mergeSize,
      ContextLimit limit,
      TokenBudget budget) {
    this.template = template;
    this.images = images;
    this.mergeSize = mergeSize;
    this.limit = limit;
    this.budget = budget;
  }

  /** The same encoder with another budget of vision tokens. */
  public SampleEncoder withBudget(TokenBudget other) {
    return new SampleEncoder(template, images, mergeSize, limit, other);
  }

  /** The same encoder with other options of pictures. */
  public SampleEncoder withPictures(ImageOptions options) {
    return new SampleEncoder(template, images.with(options), mergeSize, limit, budget);
  }

  /** How long prompt and answer may be together. */
  public ContextLimit limit() {
    return limit;
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
    return new Sample(name, encoded.tokens(), encoded.labels(), patches, kept, encoded.marks());
  }

  /**
   * How many tokens {@link #forTraining} would come to; of pictures in files only headers are read.
   *
   * @throws IOException naming a picture that can't be read
   */
  public int length(Conversation conversation) throws IOException {
    return template.encodeForTraining(conversation, countsByHeader(conversation)).tokens().length;
  }

  /** The grid of patches that a picture of this size will have. */
  public Grid grid(int width, int height) {
    return images.grid(width, height);
  }

  /**
   * How many tokens {@link #prompt} would come to; of pictures only headers are read.
   *
   * @throws IOException naming a picture that can't be read
   */
  public int promptLength(Conversation conversation) throws IOException {
    return template.encodePrompt(conversation, countsByHeader(conversation)).tokens().length;
  }

  private List<Integer> countsByHeader(Conversation conversation) throws IOException {
    List<Integer> counts = new ArrayList<>();
    for (ImageSource source : conversation.images()) {
      counts.add(budget.count(images.grid(source).tokens(mergeSize)));
    }
    return counts;
  }

  /**
   * A prompt for the model to continue.
   *
   * @throws IOException naming a picture that can't be read
   */
  public Sample prompt(String name, Conversation conversation) throws IOException {
    return prompt(name, conversation, 0);
  }

  /**
   * A prompt for the model to continue by that many tokens at most. Whether both fit into the
   * model's context is known before any picture is decoded.
   *
   * @throws IOException naming a picture that can't be read
   * @throws io.lockstep.model.context.ContextExceededException if they don't
   */
  public Sample prompt(String name, Conversation conversation, int newTokens) throws IOException {
    Encoded encoded = template.encodePrompt(conversation, countsByHeader(conversation));
    limit.require(name, encoded.tokens().length, newTokens);
    List<Patches> patches = patches(conversation);
    return Sample.prompt(name, encoded.tokens(), patches, kept(patches));
  }

  /**
   * A prompt whose pictures are patches already.
   *
   * @param patches of the conversation's pictures, in their order
   */
  public Sample prompt(String name, Conversation conversation, List<Patches> patches) {
    List<KeptTokens> kept = kept(patches);
    Encoded encoded = template.encodePrompt(conversation, counts(kept));
    return Sample.prompt(name, encoded.tokens(), patches, kept);
  }

  /**
   * Refuses a conversation that {@link #prompt(String, Conversation, int)} would refuse, in memory
   * for its tokens alone.
   *
   * @throws IOException naming a picture that can't be read
   * @throws io.lockstep.model.context.ContextExceededException with the numbers
   */
  public void requireFits(String name, Conversation conversation, int newTokens)
      throws IOException {
    limit.require(name, promptLength(conversation), newTokens);
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
