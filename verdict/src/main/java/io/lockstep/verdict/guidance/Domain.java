package io.lockstep.verdict.guidance;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.Key;
import io.lockstep.config.Vocabulary;
import io.lockstep.config.YamlText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What all missions of a domain have in common. It is read from a file and never changed.
 *
 * @param name of the domain
 * @param rules the first line of a rollout's system message
 * @param block what the model must know of the domain; empty for nothing
 * @param negatives words that say of an object that it is faulty
 * @param patterns the same with an issue behind them, as {@code 不符合要求/<issue>}
 * @param negations words before a negative that undo it
 * @param doubts words that leave open whether a clause is so
 */
public record Domain(
    @Key("Its name, for people.") String name,
    @Key("The first line of a rollout's system message: what to answer, and how.") String rules,
    @Key(
            value = "What the model must know of the domain; nothing if it is empty.",
            otherwise = "''")
        String block,
    @Key(
            value = "Words that say of an object that it is faulty: they force a fail.",
            otherwise = "[]")
        List<String> negatives,
    @Key(
            value = "The same with the fault behind them: `不符合要求/<issue>`; `<issue>` is any text.",
            otherwise = "[]")
        List<String> patterns,
    @Key(value = "Words before a negative that undo it.", otherwise = "[]") List<String> negations,
    @Key(value = "Words that leave open whether a clause is so.", otherwise = "[]")
        List<String> doubts) {

  public Domain {
    negatives = List.copyOf(negatives);
    patterns = List.copyOf(patterns);
    negations = List.copyOf(negations);
    doubts = List.copyOf(doubts);
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException with every problem
   */
  public static Domain read(Path file) throws IOException, ConfigException {
    return ConfigReader.read(
        Domain.class,
        YamlText.written(file),
        ConfigReader.Origin.of(file, Optional.empty()),
        Vocabulary.NONE);
  }
}
