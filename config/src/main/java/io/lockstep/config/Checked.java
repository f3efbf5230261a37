package io.lockstep.config;

/** A section with keys that have to fit each other. */
public interface Checked {

  /**
   * Reports what doesn't fit. It is called whatever its values are; about keys that are faulty by
   * themselves nothing more is said.
   *
   * @param section where it stands
   */
  void check(Place section);
}
