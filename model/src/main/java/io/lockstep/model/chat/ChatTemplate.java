package io.lockstep.model.chat;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The chat format of Qwen-VL: {@code <|im_start|>role\n ... <|im_end|>\n} for every message.
 * Conversations that have no system message get that of the model's family, if it has one.
 *
 * <p>A picture is {@code <|vision_start|>}, as many {@code <|image_pad|>} as it has tokens, and
 * {@code <|vision_end|>}. Whatever a message says is plain text, even if it looks like one of
 * these. Stateless; may be used by several threads.
 */
public final class ChatTemplate {
  private static final String IM_START = "<|im_start|>";
  private static final String IM_END = "<|im_end|>";
  private static final String VISION_START = "<|vision_start|>";
  private static final String VISION_END = "<|vision_end|>";
  private static final String IMAGE_PAD = "<|image_pad|>";
  private static final String NEWLINE = "\n";
  private static final String ASSISTANT_HEADER = Role.ASSISTANT.label() + NEWLINE;

  private final Tokenizer tokenizer;
  private final Optional<Message> defaultSystem;
  private final int imStart;
  private final int imEnd;
  private final int visionStart;
  private final int visionEnd;
  private final int imagePad;

  private ChatTemplate(Tokenizer tokenizer, Optional<Message> defaultSystem) {
    this.tokenizer = tokenizer;
    this.defaultSystem = defaultSystem;
    this.imStart = tokenizer.specialId(IM_START);
    this.imEnd = tokenizer.specialId(IM_END);
    this.visionStart = tokenizer.specialId(VISION_START);
    this.visionEnd = tokenizer.specialId(VISION_END);
    this.imagePad = tokenizer.specialId(IMAGE_PAD);
  }

  /**
   * The template of a model's family; its special tokens are looked up by name.
   *
   * @throws IllegalArgumentException if the tokenizer lacks one of them, or the configuration means
   *     other ids
   */
  public static ChatTemplate of(Tokenizer tokenizer, ModelConfig config) {
    Optional<Message> defaultSystem =
        config.defaultSystem().map(text -> Message.text(Role.SYSTEM, text));
    ChatTemplate template = new ChatTemplate(tokenizer, defaultSystem);
    template.requireMatch(config);
    return template;
  }

  private void requireMatch(ModelConfig config) {
    List<Integer> here = List.of(visionStart, imagePad, visionEnd);
    List<Integer> there =
        List.of(config.visionStartTokenId(), config.imageTokenId(), config.visionEndTokenId());
    if (!here.equals(there)) {
      throw new IllegalArgumentException(
          "%s, %s and %s are %s in tokenizer.json but %s in config.json; take both files from the"
                  .formatted(VISION_START, IMAGE_PAD, VISION_END, here, there)
              + " same model");
    }
  }

  /** The id that ends every message. */
  public int endOfMessage() {
    return imEnd;
  }

  /**
   * Tokens and labels for training: the model learns each assistant message and the {@code
   * <|im_end|>\n} that follows it.
   *
   * @param imageTokens the number of tokens of each picture, in order
   * @throws IllegalArgumentException if the conversation is out of order, has nothing to learn or
   *     another number of pictures
   */
  public Encoded encodeForTraining(Conversation conversation, List<Integer> imageTokens) {
    check(conversation, imageTokens);
    if (conversation.messages().stream().noneMatch(m -> m.role() == Role.ASSISTANT)) {
      throw new IllegalArgumentException(
          "The conversation has no assistant message, so there is nothing to learn from it");
    }
    return encode(conversation, imageTokens).encoded();
  }

  /**
   * Tokens of a conversation that the model is to continue as the assistant, to be generated from;
   * earlier assistant messages keep their labels.
   *
   * @param imageTokens the number of tokens of each picture, in order
   * @throws IllegalArgumentException if the conversation is out of order, does not end with a user
   *     message or has another number of pictures
   */
  public Encoded encodePrompt(Conversation conversation, List<Integer> imageTokens) {
    check(conversation, imageTokens);
    checkPrompt(conversation);
    TokenRun run = encode(conversation, imageTokens);
    run.special(imStart, false);
    run.text(ASSISTANT_HEADER);
    return run.encoded();
  }

  /** The whole conversation as text, for display. */
  public String render(Conversation conversation, List<Integer> imageTokens) {
    check(conversation, imageTokens);
    StringBuilder text = new StringBuilder();
    Iterator<Integer> counts = imageTokens.iterator();
    for (Message message : messages(conversation)) {
      text.append(IM_START).append(message.role().label()).append(NEWLINE);
      for (Content content : message.contents()) {
        switch (content) {
          case Content.Text(String said) -> text.append(said);
          case Content.Image ignored ->
              text.append(VISION_START).append(IMAGE_PAD.repeat(counts.next())).append(VISION_END);
        }
      }
      text.append(IM_END).append(NEWLINE);
    }
    return text.toString();
  }

  /** The text that {@link #encodePrompt} makes tokens of, for display. */
  public String renderPrompt(Conversation conversation, List<Integer> imageTokens) {
    checkPrompt(conversation);
    return render(conversation, imageTokens) + IM_START + ASSISTANT_HEADER;
  }

  private TokenRun encode(Conversation conversation, List<Integer> imageTokens) {
    TokenRun run = new TokenRun(tokenizer);
    Iterator<Integer> counts = imageTokens.iterator();
    for (Message message : messages(conversation)) {
      boolean learned = message.role() == Role.ASSISTANT;
      run.special(imStart, false);
      run.text(message.role().label() + NEWLINE);
      if (learned) {
        // An answer is generated after the header's own tokens. Tokenised together, a line break at
        // its beginning would merge with the header's into a token that serving never sends.
        run.endUnlearned();
        run.learn(message);
      }
      for (Content content : message.contents()) {
        switch (content) {
          case Content.Text(String said) -> run.text(said);
          case Content.Image ignored -> image(run, counts.next());
        }
      }
      if (learned) {
        run.endLearned(message.kinds());
      }
      run.special(imEnd, learned);
      run.text(NEWLINE);
      if (learned) {
        run.endLearned();
      } else {
        run.endUnlearned();
      }
    }
    return run;
  }

  /** The messages with the default one, if there is one and the conversation has none. */
  private List<Message> messages(Conversation conversation) {
    List<Message> given = conversation.messages();
    if (defaultSystem.isEmpty() || given.isEmpty() || given.getFirst().role() == Role.SYSTEM) {
      return given;
    }
    List<Message> all = new ArrayList<>(given);
    all.addFirst(defaultSystem.get());
    return all;
  }

  private void image(TokenRun run, int tokens) {
    run.special(visionStart, false);
    for (int i = 0; i < tokens; i++) {
      run.special(imagePad, false);
    }
    run.special(visionEnd, false);
  }

  private static void checkPrompt(Conversation conversation) {
    if (conversation.messages().isEmpty()
        || conversation.messages().getLast().role() != Role.USER) {
      throw new IllegalArgumentException(
          "A conversation to be answered must end with a user message");
    }
  }

  private static void check(Conversation conversation, List<Integer> imageTokens) {
    int images = conversation.images().size();
    if (images != imageTokens.size()) {
      throw new IllegalArgumentException(
          "The conversation has %d pictures but token counts for %d were given"
              .formatted(images, imageTokens.size()));
    }
    Role expected = Role.USER;
    for (int i = 0; i < conversation.messages().size(); i++) {
      Message message = conversation.messages().get(i);
      if (i == 0 && message.role() == Role.SYSTEM) {
        requireTextOnly(message);
        continue;
      }
      if (message.role() != expected) {
        throw new IllegalArgumentException(
            "Message %d is from the %s; after an optional system message, user and assistant take"
                    .formatted(i + 1, message.role().label())
                + " turns, beginning with the user");
      }
      if (expected == Role.ASSISTANT) {
        requireTextOnly(message);
      }
      expected = expected == Role.USER ? Role.ASSISTANT : Role.USER;
    }
  }

  private static void requireTextOnly(Message message) {
    if (message.contents().stream().anyMatch(Content.Image.class::isInstance)) {
      throw new IllegalArgumentException(
          "The %s message has a picture; pictures belong in user messages"
              .formatted(message.role().label()));
    }
  }
}
