package io.lockstep.model.generate;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.tokenizer.Tokenizer;
import io.lockstep.tensor.Autograd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a left-padded batch of conversations, each with its own settings. Used by one thread at a
 * time.
 *
 * <p>What is drawn depends on a conversation's seed alone, and rows do not see each other. In the
 * profile {@link Profile#CACHED} a row's logits are the same bits alone and in any batch where the
 * model and the machine have {@link io.lockstep.model.network.PackedTransformer}; elsewhere, and
 * between the profiles, they differ by roundings (about 1e-6), and answers only where two tokens
 * are as close to each other as that.
 */
public final class Generator {

  private static final Logger LOG = LoggerFactory.getLogger(Generator.class);

  /** Characters of an answer that a line of level DEBUG shows. */
  private static final int PREVIEW = 80;

  private final VisionLanguageModel network;
  private final SampleEncoder encoder;
  private final Collator collator;
  private final Tokenizer tokenizer;
  private final List<Integer> endTokens;
  private boolean warned;

  /**
   * A generator that stops a row at any of the end tokens.
   *
   * @throws IllegalArgumentException if an end token is outside of the vocabulary
   */
  public Generator(
      VisionLanguageModel network,
      SampleEncoder encoder,
      Collator collator,
      Tokenizer tokenizer,
      List<Integer> endTokens) {
    this.network = network;
    this.encoder = encoder;
    this.collator = collator;
    this.tokenizer = tokenizer;
    this.endTokens = List.copyOf(endTokens);
    int vocabulary = network.config().text().vocabSize();
    for (int token : endTokens) {
      if (token >= vocabulary) {
        throw new IllegalArgumentException(
            "end token %d is outside of the vocabulary of %d; mend eos_token_id in generation_config.json"
                .formatted(token, vocabulary));
      }
    }
  }

  /**
   * Answers every conversation in the same way; its last message is the user's.
   *
   * @throws IOException naming a picture that can't be read
   * @throws EmptyGenerationException if an answer has no text
   */
  public List<Generation> generate(List<Conversation> conversations, GenerationOptions options)
      throws IOException {
    return generate(conversations, options, GenerationListener.NONE);
  }

  /**
   * Answers every conversation in the same way and tells of each answer while it grows.
   *
   * @throws IOException naming a picture that can't be read
   * @throws EmptyGenerationException if an answer has no text
   */
  public List<Generation> generate(
      List<Conversation> conversations, GenerationOptions options, GenerationListener listener)
      throws IOException {
    List<GenerationRequest> requests = new ArrayList<>();
    for (Conversation conversation : conversations) {
      requests.add(
          new GenerationRequest(
              name(requests.size(), conversation),
              conversation,
              options.decoding(),
              options.fitted()));
    }
    List<Generation> answers = new ArrayList<>();
    List<EmptyGeneration> empty = new ArrayList<>();
    for (GenerationResult result : answer(requests, options.profile(), listener)) {
      switch (result) {
        case Generation generation -> answers.add(generation);
        case EmptyGeneration nothing -> empty.add(nothing);
      }
    }
    if (!empty.isEmpty()) {
      throw new EmptyGenerationException(empty);
    }
    return answers;
  }

  /**
   * Answers requests as one batch, each in its own way.
   *
   * @return one result for each request, in order
   * @throws IOException naming a picture that can't be read
   * @throws io.lockstep.model.context.ContextExceededException if a prompt and its longest answer
   *     are more than the model takes
   */
  public List<GenerationResult> answer(
      List<GenerationRequest> requests, Profile profile, GenerationListener listener)
      throws IOException {
    List<Prompt> prompts = new ArrayList<>();
    for (GenerationRequest asked : requests) {
      GenerationRequest request =
          asked.fitted()
              ? asked.within(encoder.limit(), encoder.promptLength(asked.conversation()))
              : asked;
      int most = request.decoding().maxNewTokens();
      prompts.add(
          new Prompt(request, encoder.prompt(request.name(), request.conversation(), most)));
    }
    return answerPrompts(prompts, profile, listener);
  }

  /**
   * Answers what is the model's input already as one batch, each in its own way.
   *
   * @return one result for each prompt, in order
   */
  public List<GenerationResult> answerPrompts(
      List<Prompt> prompts, Profile profile, GenerationListener listener) {
    List<Answer> answers = new ArrayList<>();
    for (Prompt prompt : prompts) {
      answers.add(new Answer(answers.size(), prompt, tokenizer, endTokens, listener));
    }
    int longest =
        prompts.stream().mapToInt(prompt -> prompt.decoding().maxNewTokens()).max().orElse(0);
    grow(answers, prompts.stream().map(Prompt::sample).toList(), profile, longest);
    List<GenerationResult> results = answers.stream().map(Answer::result).toList();
    warnBeyondTraining(prompts, results);
    if (LOG.isDebugEnabled()) {
      results.forEach(result -> LOG.debug("{}", debugLine(result)));
    }
    return results;
  }

  /**
   * An answer on one line: its text, and with it what may be personal, is for level DEBUG alone.
   */
  static String debugLine(GenerationResult result) {
    String text =
        switch (result) {
          case Generation generation -> generation.text();
          case EmptyGeneration _ -> "";
        };
    return "answer: seq_len=%d prompt_len=%d gen_len=%d resp_len=%d resp_preview=\"%s\""
        .formatted(
            result.promptTokens() + result.newTokens(),
            result.promptTokens(),
            result.newTokens(),
            text.codePointCount(0, text.length()),
            preview(text));
  }

  private static String preview(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(PREVIEW)
        .forEach(character -> {
          switch (character) {
            case '\n' -> shown.append("\\n");
            case '\r' -> shown.append("\\r");
            case '\t' -> shown.append("\\t");
            case '"', '\\' -> shown.append('\\').appendCodePoint(character);
            default -> shown.appendCodePoint(Character.isISOControl(character) ? '?' : character);
          }
        });
    return text.codePointCount(0, text.length()) > PREVIEW
        ? shown.append("...").toString()
        : shown.toString();
  }

  /** Says once of this generator that an answer reached beyond what training has seen. */
  private void warnBeyondTraining(List<Prompt> prompts, List<GenerationResult> results) {
    for (int i = 0; i < results.size() && !warned; i++) {
      long tokens = (long) results.get(i).promptTokens() + results.get(i).newTokens();
      Optional<String> warning =
          encoder.limit().beyondTraining(prompts.get(i).request().name(), tokens);
      warning.ifPresent(LOG::warn);
      warned = warning.isPresent();
    }
  }

  private void grow(List<Answer> answers, List<Sample> samples, Profile profile, int capacity) {
    Autograd.inference(() -> {
      try (Decoder decoder =
          Decoder.open(
              profile, network, collator, samples, capacity, VisionLanguageModel.NO_PROBE)) {
        float[][] logits = decoder.first();
        while (choose(answers, logits)) {
          logits =
              decoder.next(
                  answers.stream()
                      .mapToInt(answer -> answer.isOpen() ? answer.last() : Decoder.ENDED)
                      .toArray());
        }
      }
    });
  }

  /** Chooses a token for every answer that is not complete; false once all are. */
  private static boolean choose(List<Answer> answers, float[][] logits) {
    for (int row = 0; row < logits.length; row++) {
      answers.get(row).grow(logits[row]);
    }
    return answers.stream().anyMatch(Answer::isOpen);
  }

  private static String name(int row, Conversation conversation) {
    String pictures =
        conversation.images().stream().map(ImageSource::name).collect(Collectors.joining(", "));
    return "conversation " + (row + 1) + (pictures.isEmpty() ? "" : " about " + pictures);
  }
}
