package io.lockstep.datatools.convert;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Pictures for tests. */
final class DrawnPictures {

  private DrawnPictures() {}

  static Path png(Path file, int width, int height) throws IOException {
    return write(file, "png", width, height);
  }

  static Path jpg(Path file, int width, int height) throws IOException {
    return write(file, "jpg", width, height);
  }

  private static Path write(Path file, String format, int width, int height) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(picture, format, file.toFile());
    return file;
  }
}
