package io.lockstep.data.preprocess;

import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Kind;
import io.lockstep.data.parameter.Parameter;
import java.util.List;
import java.util.function.Function;

/**
 * A kind of preprocessor as configurations know it.
 *
 * @param factory makes one with given arguments; throws IllegalArgumentException if they make no
 *     sense
 */
public record PreprocessorType(
    String name, List<Parameter> parameters, Function<Arguments, Preprocessor> factory)
    implements Kind {

  /** A kind with its parameters. */
  static PreprocessorType of(
      String name, Function<Arguments, Preprocessor> factory, Parameter... parameters) {
    return new PreprocessorType(name, List.of(parameters), factory);
  }
}
