package io.lockstep.data.augment.operator;

import io.lockstep.data.geometry.Geometry;

/**
 * An object that keeps its identity from operator to operator.
 *
 * @param origin its index in the record; for a pasted one that of the object it was copied from,
 *     and -1 for one from the patch bank
 * @param source where it comes from
 * @param desc what it is
 * @param geometry where it is, in pixels of the picture as it is now
 */
public record TrackedObject(int origin, Source source, String desc, Geometry geometry) {

  /** Where an object comes from. */
  public enum Source {
    /** The record. */
    RECORD,
    /** Copied within the picture. */
    PASTED,
    /** Copied from another picture through the patch bank. */
    BANK
  }

  /** The same object at another place. */
  public TrackedObject at(Geometry other) {
    return new TrackedObject(origin, source, desc, other);
  }

  /** The same object, described otherwise. */
  public TrackedObject described(String other) {
    return new TrackedObject(origin, source, other, geometry);
  }
}
