package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;

/** Drops some of what goes into a layer's update. */
public interface Dropout {

  /** Drops nothing: evaluation and inference. */
  Dropout NONE =
      new Dropout() {
        @Override
        public boolean drops() {
          return false;
        }

        @Override
        public NDArray apply(String layer, NDArray x) {
          return x;
        }
      };

  /** Whether anything is dropped at all. */
  boolean drops();

  /** The inputs that are left, scaled such that their mean stays. */
  NDArray apply(String layer, NDArray x);
}
