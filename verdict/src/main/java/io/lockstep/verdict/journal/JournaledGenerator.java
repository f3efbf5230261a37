package io.lockstep.verdict.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.text.UsableText;
import io.lockstep.data.file.FileWrites;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.TextGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Asks each question once and keeps its answer in a file, so that a run that goes on hears again
 * what it has heard before. Questions go on in portions: a kill loses one portion at most.
 */
public final class JournaledGenerator implements TextGenerator {

  /** Questions whose answers are written together. */
  private static final int PORTION = 256;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final TextGenerator generator;
  private final Path file;
  private final Map<String, Reply> known = new HashMap<>();
  private long asked;

  private JournaledGenerator(TextGenerator generator, Path file) {
    this.generator = generator;
    this.file = file;
  }

  /** Goes on with what a file holds, if there is one; a line that a kill has cut is dropped. */
  public static JournaledGenerator open(Path file, TextGenerator generator) throws IOException {
    JournaledGenerator journal = new JournaledGenerator(generator, file);
    if (Files.exists(file)) {
      String text = Files.readString(file);
      String whole = text.substring(0, text.lastIndexOf('\n') + 1);
      whole.lines().forEach(journal::remember);
      if (whole.length() < text.length()) {
        FileWrites.text(file, whole);
      }
    }
    return journal;
  }

  private void remember(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      JsonNode probability = node.path("mean_log_probability");
      known.put(
          node.path("question").asText(),
          new Reply(
              node.path("text").asText(),
              node.path("problem").asText(),
              probability.isNumber()
                  ? OptionalDouble.of(probability.doubleValue())
                  : OptionalDouble.empty()));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(
          file + " is damaged: remove it to have all questions asked again", e);
    }
  }

  /** Questions that the generator was asked, each once, by this process or those before. */
  public long questions() {
    return known.size();
  }

  /** Questions that this process has asked the generator. */
  public long asked() {
    return asked;
  }

  @Override
  public List<Reply> generate(List<Question> questions) {
    List<String> digests = questions.stream().map(Question::digest).toList();
    Map<String, Question> unknown = new LinkedHashMap<>();
    for (int i = 0; i < digests.size(); i++) {
      if (!known.containsKey(digests.get(i))) {
        unknown.put(digests.get(i), questions.get(i));
      }
    }
    List<String> names = List.copyOf(unknown.keySet());
    for (int from = 0; from < names.size(); from += PORTION) {
      ask(names.subList(from, Math.min(names.size(), from + PORTION)), unknown);
    }
    return digests.stream().map(digest -> Objects.requireNonNull(known.get(digest))).toList();
  }

  private void ask(List<String> names, Map<String, Question> questions) {
    List<Question> portion =
        names.stream().map(name -> Objects.requireNonNull(questions.get(name))).toList();
    List<Reply> replies = generator.generate(portion);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      ObjectNode line = JSON.createObjectNode();
      Reply reply = replies.get(i);
      line.put("question", names.get(i)).put("text", reply.text()).put("problem", reply.problem());
      reply.meanLogProbability().ifPresent(value -> line.put("mean_log_probability", value));
      lines.add(UsableText.encodableJson(line.toString()) + "\n");
      known.put(names.get(i), reply);
    }
    asked += names.size();
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      FileWrites.text(
          file, String.join("", lines), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
    }
  }
}
