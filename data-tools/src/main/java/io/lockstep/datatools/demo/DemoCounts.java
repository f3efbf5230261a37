package io.lockstep.datatools.demo;

/**
 * How much was written.
 *
 * @param pictures training pictures
 * @param texts text-only training records
 * @param heldoutPictures lines of {@code heldout.jsonl}
 * @param heldoutGroups held-out groups; 0 in style {@code plain}
 */
public record DemoCounts(int pictures, int texts, int heldoutPictures, int heldoutGroups) {}
