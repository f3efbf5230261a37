package io.lockstep.worker.checkpoint;

/** One file of a checkpoint, its path relative to the checkpoint's folder. */
public record WrittenFile(String path, long bytes, String sha256) {}
