package io.lockstep.data.image;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The formats of pictures that are read, told by their content. */
public enum ImageFormat {
  PNG,
  JPEG,
  WEBP;

  /** File name extensions that promise some picture format, whether it is read here or not. */
  private static final Set<String> EXTENSIONS_OF_PICTURES =
      Set.of(
          "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "tif", "tiff", "heic",
          "heif", "avif", "jp2", "jxl", "svg");

  /** Extensions of files of this format, the usual one first. */
  private List<String> extensions() {
    return switch (this) {
      case PNG -> List.of("png");
      case JPEG -> List.of("jpg", "jpeg", "jpe", "jfif");
      case WEBP -> List.of("webp");
    };
  }

  /** Refuses a file whose extension promises another format of pictures than it holds. */
  void requireExtension(String file) throws UnreadableImageException {
    String extension = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (EXTENSIONS_OF_PICTURES.contains(extension) && !extensions().contains(extension)) {
      throw new UnreadableImageException(
          file,
          "holds a %s in spite of its extension .%s; rename it to end in .%s"
              .formatted(name(), extension, extensions().getFirst()));
    }
  }
}
