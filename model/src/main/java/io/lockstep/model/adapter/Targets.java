package io.lockstep.model.adapter;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which modules of a model something applies to, with the meaning the public PEFT library gives to
 * {@code target_modules}.
 */
public sealed interface Targets {

  /** Whether a module's full name is meant. */
  boolean match(String module);

  /**
   * Modules of these names: the full name, or its end after a dot.
   *
   * @param names what modules are called
   * @param layers the layers that modules meant by a name's end have to lie in, if not in any
   */
  record Names(List<String> names, Optional<NumberedLayers> layers) implements Targets {
    public Names {
      names = List.copyOf(names);
    }

    /** Modules of these names in all layers. */
    public Names(List<String> names) {
      this(names, Optional.empty());
    }

    @Override
    public boolean match(String module) {
      return names.contains(module)
          || (names.stream().anyMatch(name -> isNamed(module, name))
              && layers.map(some -> some.hold(module)).orElse(true));
    }

    /** Whether a module has that name. */
    static boolean isNamed(String module, String name) {
      return module.equals(name) || module.endsWith("." + name);
    }
  }

  /**
   * Modules whose full name a regular expression matches as a whole.
   *
   * @param pattern the expression
   */
  record Regex(Pattern pattern) implements Targets {

    private static final int MAX_LENGTH = 4096;

    /**
     * Compiles an expression.
     *
     * @throws IllegalArgumentException with what is wrong with it, in words that follow its name
     */
    public static Regex of(String expression) {
      if (expression.length() > MAX_LENGTH) {
        throw new IllegalArgumentException("is longer than " + MAX_LENGTH + " characters");
      }
      try {
        return new Regex(Pattern.compile(expression));
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "is not a regular expression: " + e.getDescription() + " in '" + expression + "'", e);
      }
    }

    @Override
    public boolean match(String module) {
      return pattern.matcher(module).matches();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Regex regex && regex.pattern.pattern().equals(pattern.pattern());
    }

    @Override
    public int hashCode() {
      return pattern.pattern().hashCode();
    }
  }

  /**
   * No layer: what the public library takes an adapter for that consists of modules which are
   * trained whole.
   */
  Targets NOTHING = Regex.of("dummy-target-modules");

  /** Every linear layer but the head that gives logits. */
  record AllLinear() implements Targets {

    /** What the format calls it. */
    public static final String NAME = "all-linear";

    /** The head; PEFT leaves a model's output embeddings out. */
    static final String HEAD = "lm_head";

    /** Whether a text means all linear layers. */
    public static boolean isMeant(String text) {
      return text.toLowerCase(Locale.ROOT).equals(NAME);
    }

    @Override
    public boolean match(String module) {
      return !module.equals(HEAD);
    }
  }
}
