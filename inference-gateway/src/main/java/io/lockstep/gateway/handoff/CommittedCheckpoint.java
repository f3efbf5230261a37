package io.lockstep.gateway.handoff;

import java.nio.file.Path;

/**
 * A checkpoint that a coordinator has committed.
 *
 * @param dir its folder
 * @param steps committed training steps it holds
 * @param manifestSha256 SHA-256 of its manifest, lower-case hexadecimal
 */
public record CommittedCheckpoint(Path dir, long steps, String manifestSha256) {}
