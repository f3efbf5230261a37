package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.stageb.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Groups of pictures laid out as {@code <root>/<mission>/{审核通过|审核不通过}/<group_id>/*.{jpg,jpeg,png}}.
 *
 * @param root the folder
 * @param groups in the order of mission, label (pass first) and group id; numbers in names count as
 *     numbers
 */
public record InspectionFolder(Path root, List<Group> groups) {

  private static final Logger log = LoggerFactory.getLogger(InspectionFolder.class);
  private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png");
  private static final Comparator<Path> BY_NAME =
      Comparator.comparing(InspectionFolder::name, NaturalOrder.INSTANCE);

  public InspectionFolder {
    groups = List.copyOf(groups);
  }

  /** Number of all pictures. */
  public int pictures() {
    return groups.stream().mapToInt(group -> group.images().size()).sum();
  }

  /**
   * Reads the layout; hidden files and files that are not pictures are left out.
   *
   * @throws UserError naming every folder that doesn't fit the layout
   */
  public static InspectionFolder read(Path root) {
    if (!Files.isDirectory(root)) {
      throw new UserError(
          root + " is not a folder; give the folder that holds <mission>/{审核通过|审核不通过}/<group_id>");
    }
    List<Group> groups = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Path mission : folders(root)) {
      readMission(mission, groups, problems);
    }
    if (groups.isEmpty() && problems.isEmpty()) {
      problems.add("it holds no <mission>/{审核通过|审核不通过}/<group_id>");
    }
    if (!problems.isEmpty()) {
      throw new UserError(root + ": " + String.join("; ", problems));
    }
    return new InspectionFolder(root, groups);
  }

  private static void readMission(Path mission, List<Group> groups, List<String> problems) {
    List<Group> passed = new ArrayList<>();
    List<Group> failed = new ArrayList<>();
    for (Path labelFolder : folders(mission)) {
      Optional<Verdict> label = Labels.ofFolder(name(labelFolder));
      if (label.isEmpty()) {
        problems.add(labelFolder + " is neither 审核通过 nor 审核不通过; rename or remove it");
        continue;
      }
      List<Group> labelled =
          switch (label.get()) {
            case PASS -> passed;
            case FAIL -> failed;
          };
      for (Path group : folders(labelFolder)) {
        List<Path> images = images(group);
        if (images.isEmpty()) {
          problems.add(group + " holds no jpg, jpeg or png");
        } else {
          labelled.add(new Group(name(mission), name(group), label.get(), images));
        }
      }
    }
    groups.addAll(passed);
    groups.addAll(failed);
  }

  private static List<Path> images(Path group) {
    List<Path> images = new ArrayList<>();
    for (Path file : entries(group)) {
      String name = name(file).toLowerCase(Locale.ROOT);
      if (EXTENSIONS.stream().anyMatch(name::endsWith) && Files.isRegularFile(file)) {
        images.add(file);
      } else {
        log.warn("{} is not a jpg, jpeg or png and is left out", file);
      }
    }
    return images;
  }

  private static List<Path> folders(Path dir) {
    return entries(dir).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> entries(Path dir) {
    try (Stream<Path> entries = Files.list(dir)) {
      return entries.filter(entry -> !name(entry).startsWith(".")).sorted(BY_NAME).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(dir + " can't be listed: " + e, e);
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  /**
   * Pictures that are judged together.
   *
   * @param mission what is inspected
   * @param groupId its name, unique within mission and label
   * @param label what people decided
   * @param images its pictures in order: image_1, image_2, ...
   */
  public record Group(String mission, String groupId, Verdict label, List<Path> images) {

    public Group {
      images = List.copyOf(images);
    }
  }
}
