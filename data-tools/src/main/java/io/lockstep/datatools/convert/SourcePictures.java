package io.lockstep.datatools.convert;

import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.OtherSpelling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The pictures of a source, none of which may lie outside of its folder. */
final class SourcePictures {

  private static final Set<String> ENDS = Set.of("jpg", "jpeg", "png", "webp");

  private final Path folder;
  private final Remarks remarks;

  /**
   * A good picture.
   *
   * @param name its path in the folder, with '/' between folders
   */
  record Found(Path file, String name, ImageHeader header) {}

  SourcePictures(Path folder, Remarks remarks) throws IOException, ConversionException {
    if (!Files.isDirectory(folder)) {
      throw new ConversionException(folder + " is not a folder; name the folder of the pictures");
    }
    this.folder = folder.toRealPath();
    this.remarks = remarks;
  }

  /** Whether a file is a picture by its name. */
  static boolean isPicture(Path file) {
    String name = String.valueOf(file.getFileName());
    return ENDS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /** A picture by its path in the folder; if it can't be used, why is noted. */
  Optional<Found> find(String name) {
    Path file;
    try {
      Path relative = Path.of(name);
      Path normal = relative.normalize();
      if (relative.isAbsolute() || normal.startsWith("..") || normal.toString().isEmpty()) {
        remarks.add("picture skipped: its path leads out of the folder", name);
        return Optional.empty();
      }
      file = folder.resolve(normal);
      if (!Files.isRegularFile(file)) {
        Optional<Path> other = OtherSpelling.of(file);
        if (other.isEmpty()) {
          remarks.add("picture skipped: there is no such file", name);
          return Optional.empty();
        }
        remarks.add("picture taken whose file name is written in another Unicode form", name);
        file = other.get();
      }
      if (!file.toRealPath().startsWith(folder)) {
        remarks.add("picture skipped: it is a link that leads out of the folder", name);
        return Optional.empty();
      }
      ImageHeader header = ImageHeader.read(file, DecodeLimits.DEFAULT);
      DecodeLimits.requireAspectRatio(name, header.width(), header.height());
      String inFolder =
          folder.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
      return Optional.of(new Found(file, inFolder, header));
    } catch (InvalidPathException e) {
      remarks.add("picture skipped: its name is not a path", name);
      return Optional.empty();
    } catch (IOException e) {
      remarks.add("picture skipped: it can't be read", name + ": " + e.getMessage());
      return Optional.empty();
    }
  }
}
