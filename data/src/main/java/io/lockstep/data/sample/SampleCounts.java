package io.lockstep.data.sample;

/**
 * How much was written.
 *
 * @param pictures training pictures
 * @param texts text-only training records
 * @param heldoutPictures lines of {@code heldout.jsonl}
 * @param heldoutGroups held-out groups; 0 in style {@code plain}
 */
public record SampleCounts(int pictures, int texts, int heldoutPictures, int heldoutGroups) {}
