package io.lockstep.model.layer;

import io.lockstep.model.parameter.ParameterSpec;
import java.util.List;
import java.util.stream.Stream;

/** A part of a network that has parameters. */
@FunctionalInterface
public interface Block {

  /** Its parameters in the order in which they are computed with. */
  List<ParameterSpec> parameters();

  /** Those of several parts, one after the other. */
  static List<ParameterSpec> parametersOf(Block... blocks) {
    return Stream.of(blocks).flatMap(block -> block.parameters().stream()).toList();
  }
}
