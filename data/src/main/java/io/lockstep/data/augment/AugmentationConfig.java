package io.lockstep.data.augment;

import io.lockstep.config.Checked;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.ConfigWriter;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.config.Vocabulary;
import io.lockstep.config.YamlText;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.data.augment.operator.CopiesPatches;
import io.lockstep.data.bank.BankRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a configuration's {@code augmentation} says.
 *
 * @param enabled whether anything is done
 * @param bypassProb share of samples that stay as they are
 * @param ops operators in their order
 * @param curriculum how those change, if they do
 */
public record AugmentationConfig(
    @Key(value = "Whether anything of this is done.", otherwise = "true") boolean enabled,
    @Key(value = "Share of samples that stay as they are.", otherwise = "0.0", min = 0, max = 1)
        double bypassProb,
    @Key(
            value = "What is done to a picture: geometry in this order, colours afterwards.",
            kinds = Operators.class,
            min = 1)
        List<ConfiguredOperator> ops,
    @Key("How numbers change while the run goes on, linearly from phase to phase.")
        Optional<Curriculum> curriculum)
    implements Checked {

  /** Changes nothing. */
  public static final AugmentationConfig NONE =
      new AugmentationConfig(true, 0, List.of(), Optional.empty());

  private static final List<String> PLACES = List.of("/augmentation", "/custom/augmentation");

  private static final Vocabulary FORMER =
      new Vocabulary(
          List.of(),
          Map.of(
              "augmentation.operators",
              "augmentation.ops",
              "custom.augmentation.operators",
              "custom.augmentation.ops",
              "data.augmentation",
              "custom.augmentation"),
          UnaryOperator.identity());

  public AugmentationConfig {
    ops = List.copyOf(ops);
  }

  /**
   * The augmentation of a file: a recipe, or a file with augmentation alone.
   *
   * @throws ConfigException with every problem of it, or if the file has none
   */
  public static AugmentationConfig read(Path file) throws IOException, ConfigException {
    return read(file, Optional.empty());
  }

  /**
   * The same over another file.
   *
   * @param base lies below all that the file says and extends
   */
  public static AugmentationConfig read(Path file, Optional<Path> base)
      throws IOException, ConfigException {
    return parse(YamlText.written(file), ConfigReader.Origin.of(file, base));
  }

  /**
   * The same of a text.
   *
   * @param source name for messages
   * @param folder what relative paths are relative to
   */
  public static AugmentationConfig parse(String yaml, String source, Path folder)
      throws ConfigException {
    return parse(yaml, new ConfigReader.Origin(source, folder, false));
  }

  private static AugmentationConfig parse(String yaml, ConfigReader.Origin origin)
      throws ConfigException {
    return ConfigReader.readSection(AugmentationConfig.class, yaml, origin, PLACES, FORMER)
        .orElseThrow(() ->
            new ConfigException(
                origin.name(), List.of("has neither augmentation nor custom.augmentation")));
  }

  @Override
  public void check(Place section) {
    for (int i = 0; i < ops.size(); i++) {
      if (ops.get(i).operator() instanceof BarrierOperator barrier && barrier.isLast()) {
        for (ConfiguredOperator later : ops.subList(i + 1, ops.size())) {
          if (!(later.operator() instanceof ColourOperator)) {
            section
                .at("ops")
                .at(i)
                .problem(
                    "%s must be the last one that moves pixels, but %s follows; put it behind"
                        .formatted(ops.get(i).name(), later.name()));
          }
        }
      }
    }
  }

  /** The same without its curriculum: what is configured, from the first step to the last. */
  public AugmentationConfig withoutCurriculum() {
    return new AugmentationConfig(enabled, bypassProb, ops, Optional.empty());
  }

  /** Whether there may be objects that an operator drops, adds or describes otherwise. */
  public boolean changesObjects() {
    return ops.stream()
        .anyMatch(
            each -> each.operator() instanceof BarrierOperator barrier && barrier.changesObjects());
  }

  /**
   * Whether pieces of other pictures are copied: all workers have to sit on one node then, where
   * they share the bank's folder.
   */
  public boolean needsPatchBank() {
    return !bankRules(Progress.END).isEmpty();
  }

  List<BankRule> bankRules(Progress progress) {
    return at(progress).ops.stream()
        .flatMap(each ->
            each.operator() instanceof CopiesPatches copies
                ? copies.bankRule().stream()
                : Stream.empty())
        .toList();
  }

  /**
   * What an operator is configured to at a point of the run, as it would be written in a file.
   *
   * @param operator the name of one or more configured operators
   * @return the operator with its keys; just the name if it isn't configured
   */
  public String describe(String operator, Progress progress) {
    String found =
        at(progress).ops.stream()
            .filter(each -> each.name().equals(operator))
            .map(each -> operator + " " + ConfigWriter.json(each))
            .collect(Collectors.joining(", "));
    return found.isEmpty() ? operator : found;
  }

  /** What it has come to at a point of the run. */
  AugmentationConfig at(Progress progress) {
    return curriculum.map(phases -> phases.at(progress, withoutCurriculum())).orElse(this);
  }
}
