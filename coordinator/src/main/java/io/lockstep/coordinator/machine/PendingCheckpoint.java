package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.machine.Event.CheckpointFile;
import io.lockstep.coordinator.machine.EventException.ProtocolViolation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A checkpoint that is being written: whose part is missing, and the files reported so far. */
final class PendingCheckpoint {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** The file that the coordinator writes itself. */
  private static final String MANIFEST = "manifest.json";

  private final CheckpointAttempt attempt;
  private final Set<Member.WorkerId> missing = new HashSet<>();
  private final Set<Member.WorkerId> delivered = new HashSet<>();
  private final Map<String, CheckpointFile> files = new TreeMap<>();
  private final Map<String, Member.WorkerId> writers = new TreeMap<>();
  private boolean requested;

  PendingCheckpoint(CheckpointAttempt attempt) {
    this.attempt = attempt;
  }

  CheckpointAttempt attempt() {
    return attempt;
  }

  long steps() {
    return attempt.steps();
  }

  /** These workers are asked to write their parts. */
  void request(List<Member> writers) {
    requested = true;
    writers.forEach(member -> missing.add(member.id));
  }

  /** Whether the folder exists and the workers were asked for their parts. */
  boolean isRequested() {
    return requested;
  }

  /** Whether this worker's part is missing. */
  boolean awaits(Member.WorkerId worker) {
    return missing.contains(worker);
  }

  /** Workers whose part is missing. */
  Set<Member.WorkerId> missing() {
    return Collections.unmodifiableSet(missing);
  }

  /** Whether this worker's part has been reported. */
  boolean hasFrom(Member.WorkerId worker) {
    return delivered.contains(worker);
  }

  boolean isComplete() {
    return requested && missing.isEmpty();
  }

  /** No part is awaited of this worker any more. */
  void forget(Member.WorkerId worker) {
    missing.remove(worker);
  }

  /**
   * Adds a worker's files.
   *
   * @throws ProtocolViolation if a path or digest is invalid, or another worker reported the file
   */
  void add(Member member, List<CheckpointFile> part) {
    for (CheckpointFile file : part) {
      checkFile(member.describe(), file);
      if (files.putIfAbsent(file.path(), file) != null) {
        throw new ProtocolViolation(
            "two workers wrote %s of the checkpoint at step %d, the second was %s"
                .formatted(file.path(), steps(), member.describe()));
      }
      writers.put(file.path(), member.id);
    }
    missing.remove(member.id);
    delivered.add(member.id);
  }

  /** The workers that reported these files. */
  Set<Member.WorkerId> writers(List<String> paths) {
    return paths.stream()
        .map(writers::get)
        .filter(Objects::nonNull)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether the model's alignment certificate could be written. */
  boolean isCertified() {
    return !files.containsKey(CheckpointFile.UNCERTIFIED);
  }

  /** All files in the order of their paths. */
  List<CheckpointFile> inPathOrder() {
    return Collections.unmodifiableList(new ArrayList<>(files.values()));
  }

  private void checkFile(String worker, CheckpointFile file) {
    String path = file.path();
    boolean inside =
        !path.isEmpty()
            && !path.startsWith("/")
            && !path.contains("\\")
            && List.of(path.split("/", -1)).stream()
                .noneMatch(name -> name.isEmpty() || name.equals(".") || name.equals(".."));
    if (!inside || path.equals(MANIFEST)) {
      throw new ProtocolViolation(
          "%s reported the checkpoint file '%s': a path below the checkpoint's folder other than %s is needed"
              .formatted(worker, path, MANIFEST));
    }
    if (file.bytes() < 0 || !SHA256.matcher(file.sha256()).matches()) {
      throw new ProtocolViolation(
          "%s reported %s with %d bytes and SHA-256 '%s'"
              .formatted(worker, path, file.bytes(), file.sha256()));
    }
  }
}
