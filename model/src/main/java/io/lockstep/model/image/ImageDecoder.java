package io.lockstep.model.image;

import io.lockstep.data.conversation.ImageSource;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes PNG and JPEG, checking sizes from the header before memory is spent. */
public final class ImageDecoder {
  private final DecodeLimits limits;

  /** A decoder with these limits. */
  public ImageDecoder(DecodeLimits limits) {
    this.limits = limits;
  }

  /**
   * Decodes a picture to RGB; grey is repeated, palettes are looked up, transparency is dropped.
   *
   * @throws UnreadableImageException naming the picture, if it is absent, too large, damaged or
   *     neither PNG nor JPEG
   */
  public RgbImage decode(ImageSource source) throws IOException {
    String name = source.name();
    byte[] bytes =
        switch (source) {
          case ImageSource.File(Path path) -> readFile(name, path);
          case ImageSource.Bytes(String ignored, byte[] content) -> content;
        };
    requireBytes(name, bytes.length);
    return decode(name, bytes);
  }

  private byte[] readFile(String name, Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new UnreadableImageException(name, "does not exist or is not a file");
    }
    requireBytes(name, Files.size(path));
    return Files.readAllBytes(path);
  }

  private void requireBytes(String name, long bytes) throws UnreadableImageException {
    if (bytes > limits.maxBytes()) {
      throw new UnreadableImageException(
          name, "has %d bytes; at most %d are allowed".formatted(bytes, limits.maxBytes()));
    }
  }

  private RgbImage decode(String name, byte[] bytes) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format(name, bytes)).next();
    List<String> warnings = new ArrayList<>();
    try (ImageInputStream input =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(input, true, true);
      reader.addIIOReadWarningListener((from, warning) -> warnings.add(warning));
      long width = reader.getWidth(0);
      long height = reader.getHeight(0);
      if (width * height > limits.maxPixels()) {
        throw new UnreadableImageException(
            name,
            "is %d x %d; at most %d pixels are allowed"
                .formatted(width, height, limits.maxPixels()));
      }
      BufferedImage image = reader.read(0);
      if (!warnings.isEmpty()) {
        throw new UnreadableImageException(name, "is damaged: " + String.join("; ", warnings));
      }
      return RgbConverter.convert(image);
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new UnreadableImageException(name, "cannot be decoded: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static String format(String name, byte[] bytes) throws UnreadableImageException {
    if (startsWith(bytes, 0x89, 'P', 'N', 'G')) {
      return "png";
    }
    if (startsWith(bytes, 0xFF, 0xD8, 0xFF)) {
      return "jpeg";
    }
    throw new UnreadableImageException(name, "is neither PNG nor JPEG");
  }

  private static boolean startsWith(byte[] bytes, int... prefix) {
    for (int i = 0; i < prefix.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xFF) != prefix[i]) {
        return false;
      }
    }
    return true;
  }
}
