package io.lockstep.data.image;

import io.lockstep.data.file.FileWrites;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pictures as PNG, which keeps every pixel. */
public final class PngFile {

  private PngFile() {}

  /** Writes a picture into a folder that is there; replaces the file. */
  public static void write(RgbImage picture, Path file) throws IOException {
    FileWrites.bytes(file, encode(buffered(picture)));
  }

  /** A picture as Java2D has it, for drawing. */
  public static BufferedImage buffered(RgbImage picture) {
    int width = picture.width();
    BufferedImage image = new BufferedImage(width, picture.height(), BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, width, picture.height(), picture.packed(), 0, width);
    return image;
  }

  /** The bytes of a PNG. */
  public static byte[] encode(BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", stream)) {
        throw new IOException("this Java runtime has no PNG writer; use a full JDK 25");
      }
    }
    return bytes.toByteArray();
  }
}
