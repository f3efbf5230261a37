package io.lockstep.model.parameter;

import java.util.Arrays;
import java.util.List;

/**
 * What a model expects of one parameter.
 *
 * @param name name in the public checkpoint layout, for example {@code
 *     model.language_model.norm.weight}
 * @param shape sizes of its dimensions; linear weights are [out, in]
 * @param module which learning-rate and freezing group it belongs to
 */
public record ParameterSpec(String name, List<Long> shape, Module module) {

  /** The parts of a vision-language model that are frozen and tuned apart. */
  public enum Module {
    /** The language model. */
    LLM,
    /** The vision tower without its mergers. */
    VIT,
    /** The mergers that lead from the vision tower into the language model. */
    ALIGNER,
    /** The head that finds objects, if there is one. */
    DETECTION
  }

  public ParameterSpec {
    shape = List.copyOf(shape);
  }

  /** A spec with the shape given as numbers. */
  public static ParameterSpec of(Module module, String name, long... shape) {
    return new ParameterSpec(name, Arrays.stream(shape).boxed().toList(), module);
  }

  /** Number of values. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The shape as an array, for tensor calls. */
  public long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
