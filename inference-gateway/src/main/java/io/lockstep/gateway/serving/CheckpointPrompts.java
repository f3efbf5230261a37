package io.lockstep.gateway.serving;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.lockstep.data.prompt.Domain;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.model.checkpoint.AdapterBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The prompts a checkpoint was trained with: section {@code prompts} of its {@code run.yaml}. */
public final class CheckpointPrompts {

  private static final String RUN_CONFIG = "run.yaml";
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private CheckpointPrompts() {}

  /**
   * Reads a checkpoint's prompts, an adapter's or else those of its base model; the default ones if
   * there is no {@code run.yaml}, which is so if no run of ours wrote it.
   *
   * @throws IOException naming the file, if it is there and can't be understood
   */
  public static Prompts read(Path checkpoint) throws IOException {
    Path own = checkpoint.resolve(RUN_CONFIG);
    Path file = Files.exists(own) ? own : AdapterBase.modelOf(checkpoint).resolve(RUN_CONFIG);
    return Files.exists(file) ? parse(file) : Prompts.defaults();
  }

  private static Prompts parse(Path file) throws IOException {
    try {
      JsonNode prompts = YAML.readTree(Files.readString(file)).path("prompts");
      return new Prompts(
          text(prompts, "profile").map(Profile::of).orElse(Profile.SUMMARY_TRAIN_MIN),
          text(prompts, "domain").map(Domain::of).map(known -> told(known, prompts)),
          PromptTexts.NONE,
          new PromptTexts(text(prompts, "system"), text(prompts, "user")));
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not YAML: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static Domain told(Domain domain, JsonNode prompts) {
    return text(prompts, "domain_text").map(domain::told).orElse(domain);
  }

  private static Optional<String> text(JsonNode section, String key) {
    return Optional.ofNullable(section.get(key)).filter(JsonNode::isTextual).map(JsonNode::asText);
  }
}
