package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import io.lockstep.client.PictureFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Pictures that are named one by one, or by the folders in which they lie. */
public final class PictureInputs {

  private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".webp");

  private PictureInputs() {}

  /**
   * The files among the paths, and the pictures in the folders among them and below those, in the
   * order of their names; each once.
   *
   * @throws UserError naming a path that isn't there, or a folder without pictures
   */
  public static List<PictureFile> of(List<Path> paths) throws IOException {
    Set<Path> files = new LinkedHashSet<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        List<Path> found = below(path);
        if (found.isEmpty()) {
          throw new UserError(path + " holds no jpg, jpeg, png or webp");
        }
        files.addAll(found);
      } else if (Files.isRegularFile(path)) {
        files.add(path);
      } else {
        throw new UserError("no such file or folder: " + path);
      }
    }
    List<PictureFile> pictures = new ArrayList<>();
    files.forEach(file -> pictures.add(new PictureFile(file.toString(), file)));
    return pictures;
  }

  private static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> walked = Files.walk(folder)) {
      return walked
          .filter(Files::isRegularFile)
          .filter(file -> isPicture(String.valueOf(file.getFileName())))
          .sorted(Comparator.comparing(Path::toString, NaturalOrder.INSTANCE))
          .toList();
    }
  }

  private static boolean isPicture(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && EXTENSIONS.stream().anyMatch(lower::endsWith);
  }
}
