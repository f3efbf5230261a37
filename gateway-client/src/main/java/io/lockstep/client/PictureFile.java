package io.lockstep.client;

import java.nio.file.Path;

/**
 * A picture to summarise.
 *
 * @param id its name for the gateway and in messages
 * @param file where it lies
 */
public record PictureFile(String id, Path file) {}
