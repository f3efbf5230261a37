package io.lockstep.coordinator.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of the folders below {@code checkpoints}. */
final class FolderNames {

  private static final Pattern COMPLETE = Pattern.compile("step-(\\d{8,18})");
  private static final Pattern LEFTOVER =
      Pattern.compile("\\.step-\\d{8,18}(\\.[0-9a-f]+)?\\.(partial|deleting)");
  private static final int MOST_DAMAGED = 10_000;

  private FolderNames() {}

  static Path complete(Path root, long steps) {
    return root.resolve("step-%08d".formatted(steps));
  }

  /** The steps of a complete checkpoint; empty if the name is another. */
  static Optional<Long> steps(Path folder) {
    Matcher matcher = COMPLETE.matcher(name(folder));
    return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
  }

  /** A name for one attempt to write a checkpoint, another one each time. */
  static Path partial(Path root, long steps) {
    return root.resolve(".step-%08d.%s.partial".formatted(steps, unique()));
  }

  /** A name for a folder that is being deleted. */
  static Path deleting(Path root, Path folder) {
    Matcher matcher = Pattern.compile("\\d{8,18}").matcher(name(folder));
    String steps = matcher.find() ? matcher.group() : "00000000";
    return root.resolve(".step-%s.%s.deleting".formatted(steps, unique()));
  }

  static boolean isLeftover(Path folder) {
    return LEFTOVER.matcher(name(folder)).matches();
  }

  /** A free name for a damaged checkpoint. */
  static Path damaged(Path root, long steps) {
    for (int i = 1; i < MOST_DAMAGED; i++) {
      Path candidate = root.resolve("damaged-step-%08d%s".formatted(steps, i == 1 ? "" : "-" + i));
      if (!Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException(root + " is full of damaged checkpoints of step " + steps);
  }

  private static String unique() {
    return UUID.randomUUID().toString().substring(0, 8);
  }

  private static String name(Path folder) {
    return String.valueOf(folder.getFileName());
  }
}
