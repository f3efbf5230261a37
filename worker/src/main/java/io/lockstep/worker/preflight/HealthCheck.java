package io.lockstep.worker.preflight;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Looks at samples as the model will get them, before anything is learned from them: whether
 * pictures, placeholders and labels are where they belong. It counts for itself what the encoder
 * has put there.
 */
public final class HealthCheck {

  private static final String ASSISTANT_HEADER = Role.ASSISTANT.label() + "\n";

  private static final int COLOURS = 3;

  /** More tokens than any role's name has. */
  private static final int HEADER_TOKENS = 16;

  private final Format format;

  /**
   * How a model writes conversations.
   *
   * @param imageToken the placeholder of a vision token
   * @param messageStart begins every message
   * @param mergeSize side, in patches, of the square that becomes one token
   * @param patchValues values of one patch
   * @param decoder tokens to text
   */
  record Format(int imageToken, int messageStart, int mergeSize, int patchValues, Decoder decoder) {

    /** That of a model. */
    static Format of(ModelConfig config, Tokenizer tokenizer) {
      int side = config.vision().patchSize();
      int patchValues = COLOURS * config.vision().temporalPatchSize() * side * side;
      return new Format(
          config.imageTokenId(),
          tokenizer.specialId("<|im_start|>"),
          config.vision().spatialMergeSize(),
          patchValues,
          tokenizer::decode);
    }
  }

  /** The text of tokens. */
  @FunctionalInterface
  interface Decoder {
    String decode(int[] tokens);
  }

  /**
   * A sample and what it was made of.
   *
   * @param recordImages number of pictures that the record names
   */
  record Subject(int recordImages, Conversation conversation, Sample sample) {}

  HealthCheck(Format format) {
    this.format = format;
  }

  /** Everything that is wrong with a sample, each with its name and what to change. */
  List<String> problems(Subject subject) {
    List<String> problems = new ArrayList<>();
    pictures(subject, problems);
    placeholders(subject.sample(), problems);
    labels(subject.sample(), problems);
    String name = subject.sample().name();
    return problems.stream().map(problem -> name + ": " + problem).toList();
  }

  private static void pictures(Subject subject, List<String> problems) {
    int asked =
        subject.conversation().messages().stream()
            .filter(message -> message.role() == Role.USER)
            .mapToInt(HealthCheck::pictures)
            .sum();
    if (asked != subject.recordImages()) {
      problems.add(
          "the user turn has %d pictures, the record's images name %d: place each picture of `images` in the user turn"
              .formatted(asked, subject.recordImages()));
    }
    int encoded = subject.sample().images().size();
    if (encoded != asked) {
      problems.add(
          "%d pictures were encoded for the %d of the user turn: see that every item of content is {\"type\": \"image\", \"image\": path}"
              .formatted(encoded, asked));
    }
  }

  private static int pictures(Message message) {
    return (int) message.contents().stream().filter(Content.Image.class::isInstance).count();
  }

  private void placeholders(Sample sample, List<String> problems) {
    List<Integer> runs = runs(sample.tokens());
    if (runs.size() != sample.images().size()) {
      problems.add(
          "%d runs of image placeholders for %d pictures: see that the text of the record holds none of its own, and that tokenizer.json and config.json are of one model"
              .formatted(runs.size(), sample.images().size()));
      return;
    }
    for (int i = 0; i < runs.size(); i++) {
      Patches picture = sample.images().get(i);
      Grid grid = picture.grid();
      int all = grid.t() * grid.h() * grid.w() / (format.mergeSize() * format.mergeSize());
      int wanted = sample.kept().isEmpty() ? all : sample.kept().get(i).count();
      if (runs.get(i) != wanted) {
        problems.add(
            "picture %d has %d placeholders, its grid of %d x %d x %d patches makes %d: see that merge_size in preprocessor_config.json is spatial_merge_size in config.json"
                .formatted(i + 1, runs.get(i), grid.t(), grid.h(), grid.w(), wanted));
      }
      long values = (long) grid.t() * grid.h() * grid.w() * format.patchValues();
      if (picture.pixels().length != values) {
        problems.add(
            "picture %d has %d pixel values, image_grid_thw of %d x %d x %d says %d: see that patch_size and temporal_patch_size of preprocessor_config.json and config.json agree"
                .formatted(i + 1, picture.pixels().length, grid.t(), grid.h(), grid.w(), values));
      }
    }
  }

  /** Lengths of the runs of image placeholders. */
  private List<Integer> runs(int[] tokens) {
    List<Integer> runs = new ArrayList<>();
    int length = 0;
    for (int token : tokens) {
      if (token == format.imageToken()) {
        length++;
      } else if (length > 0) {
        runs.add(length);
        length = 0;
      }
    }
    if (length > 0) {
      runs.add(length);
    }
    return runs;
  }

  private void labels(Sample sample, List<String> problems) {
    int[] tokens = sample.tokens();
    boolean[] wanted = learned(tokens);
    int supervised = 0;
    for (int i = 0; i < tokens.length; i++) {
      int label = sample.labels()[i];
      supervised += label == Sample.IGNORED ? 0 : 1;
      String wrong = wrong(tokens[i], label, wanted[i]);
      if (!wrong.isEmpty()) {
        problems.add(
            "token %d of %d (%s) %s: the chat template in tokenizer_config.json isn't the model's, or the record's text holds its special tokens"
                .formatted(i, tokens.length, shown(tokens[i]), wrong));
        return;
      }
    }
    if (supervised == 0) {
      problems.add("has no supervised token: give it an assistant turn that isn't empty");
    }
  }

  private String wrong(int token, int label, boolean learned) {
    if (token == format.imageToken() && label != Sample.IGNORED) {
      return "is an image placeholder with label " + label + " instead of -100";
    }
    if (learned && label != token) {
      return "is the assistant's and has label " + label + " instead of its own id";
    }
    if (!learned && label != Sample.IGNORED) {
      return "isn't the assistant's and has label " + label + " instead of -100";
    }
    return "";
  }

  private String shown(int token) {
    return "'" + format.decoder().decode(new int[] {token}).replace("\n", "\\n") + "'";
  }

  /** Which tokens are an answer: all of an assistant's message after its header. */
  private boolean[] learned(int[] tokens) {
    boolean[] learned = new boolean[tokens.length];
    int start = 0;
    while (start < tokens.length) {
      int end = start + 1;
      while (end < tokens.length && tokens[end] != format.messageStart()) {
        end++;
      }
      if (tokens[start] == format.messageStart()) {
        int header = headerTokens(Arrays.copyOfRange(tokens, start + 1, end));
        if (header >= 0) {
          Arrays.fill(learned, start + 1 + header, end, true);
        }
      }
      start = end;
    }
    return learned;
  }

  /** Tokens that belong to an assistant's header alone; -1 for the message of somebody else. */
  private int headerTokens(int[] message) {
    int[] first = Arrays.copyOf(message, Math.min(HEADER_TOKENS, message.length));
    if (!format.decoder().decode(first).startsWith(ASSISTANT_HEADER)) {
      return -1;
    }
    int count = 0;
    while (count < first.length
        && format.decoder().decode(Arrays.copyOf(first, count + 1)).length()
            <= ASSISTANT_HEADER.length()) {
      count++;
    }
    return count;
  }
}
