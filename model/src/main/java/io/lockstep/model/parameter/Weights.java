package io.lockstep.model.parameter;

import ai.djl.ndarray.NDArray;

/** Gives a model its weights by name. */
@FunctionalInterface
public interface Weights {

  /**
   * The weight of that name in the public checkpoint layout.
   *
   * @throws IllegalArgumentException if there is none
   */
  NDArray get(String name);
}
