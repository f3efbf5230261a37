package io.lockstep.coordinator;

import java.nio.file.Path;

/**
 * A checkpoint that is complete, verified and renamed to its final folder.
 *
 * @param steps committed steps it holds
 * @param dir its folder, absolute
 * @param manifestSha256 SHA-256 of its manifest.json, lower-case hexadecimal
 * @param bytes size of all its files
 * @param last whether the run ends with it
 */
public record CommittedCheckpoint(
    long steps, Path dir, String manifestSha256, long bytes, boolean last) {}
