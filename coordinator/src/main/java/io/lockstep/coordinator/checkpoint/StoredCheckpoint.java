package io.lockstep.coordinator.checkpoint;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A complete checkpoint on the disk.
 *
 * @param steps committed steps it holds
 * @param dir its folder
 * @param manifestSha256 SHA-256 of its manifest, lower-case hexadecimal
 * @param bytes size of all files in the manifest
 * @param meanLoss mean training loss per token over the steps since the checkpoint before, in nats,
 *     if it is known
 */
public record StoredCheckpoint(
    long steps, Path dir, String manifestSha256, long bytes, Optional<Double> meanLoss) {}
