package io.lockstep.data.image;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import io.lockstep.data.conversation.ImageSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes PNG, JPEG and WebP to RGB as Pillow's {@code
 * exif_transpose(Image.open(..)).convert("RGB")} does.
 *
 * <p>Grey is repeated, palettes are looked up, transparency is dropped without blending, and colour
 * profiles and gamma have no effect. Orientation is applied: that of EXIF, else that of
 * uncompressed XMP. 16-bit samples keep their upper byte; only there Pillow differs for grey, which
 * it clips to 255, turning nearly every such picture white.
 *
 * <p>JPEGs are decoded by the JDK, whose inverse transform and upsampling give the bytes of
 * libjpeg-turbo, but without its colour conversion, which would apply profiles; WebPs by libwebp.
 */
public final class ImageDecoder {

  /** Superfluous bytes between segments, as some cameras write them, change no pixel. */
  private static final String HARMLESS = "extraneous bytes before marker";

  private final DecodeLimits limits;

  /** A decoder with these limits. */
  public ImageDecoder(DecodeLimits limits) {
    this.limits = limits;
  }

  /**
   * Decodes a picture.
   *
   * @throws UnreadableImageException naming the picture, if it is absent, beyond the limits,
   *     damaged, an animation, of no format that is read, or of another than its extension says
   */
  public RgbImage decode(ImageSource source) throws IOException {
    return switch (source) {
      case ImageSource.File(Path path) -> decode(path);
      case ImageSource.Bytes(String name, byte[] content) ->
          decode(name, content, header(name, content));
    };
  }

  private RgbImage decode(Path path) throws IOException {
    String name = path.toString();
    ImageHeader.requireFile(path);
    limits.requireBytes(name, Files.size(path));
    byte[] bytes = Files.readAllBytes(path);
    ImageHeader header = header(name, bytes);
    header.format().requireExtension(name);
    return decode(name, bytes, header);
  }

  private ImageHeader header(String name, byte[] bytes) throws IOException {
    return ImageHeader.read(name, ByteBuffer.wrap(bytes), limits);
  }

  private static RgbImage decode(String name, byte[] bytes, ImageHeader header) throws IOException {
    try {
      RgbImage stored =
          switch (header) {
            case PngHeader png ->
                read(
                    jdkReader("png"),
                    parts(bytes, png.essential()),
                    png,
                    png.hasLongSamples()
                        ? reader -> UpperBytes.read(reader, png)
                        : ImageDecoder::converted);
            case JpegHeader jpeg ->
                read(
                    jdkReader("jpeg"),
                    parts(bytes, jpeg.essential()),
                    jpeg,
                    reader -> JpegConverter.convert(reader.readRaster(0, null), jpeg));
            case WebpHeader webp ->
                read(
                    new WebPImageReaderSpi().createReaderInstance(null),
                    parts(bytes, webp.essential()),
                    webp,
                    ImageDecoder::convertedWebp);
          };
      return header.orientation().apply(stored);
    } catch (IOException | RuntimeException e) {
      requireMemory(e);
      throw new UnreadableImageException(name, "is damaged: " + e.getMessage(), e);
    }
  }

  /** The JDK's readers wrap what is thrown, memory that is missing included. */
  private static void requireMemory(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof OutOfMemoryError missing && missing.getMessage() != null) {
        throw missing;
      }
    }
  }

  /** The readers of the JDK, whichever others are on the class path. */
  private static ImageReader jdkReader(String format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getModule().equals(ImageIO.class.getModule())) {
        return reader;
      }
    }
    throw new IllegalStateException("The Java runtime has no reader of " + format);
  }

  private static InputStream parts(byte[] bytes, List<Range> ranges) {
    List<InputStream> parts = new ArrayList<>();
    for (Range range : ranges) {
      parts.add(new ByteArrayInputStream(bytes, range.begin(), range.end() - range.begin()));
    }
    return new SequenceInputStream(Collections.enumeration(parts));
  }

  private interface Decoding {
    RgbImage decode(ImageReader reader) throws IOException;
  }

  private static RgbImage converted(ImageReader reader) throws IOException {
    return RgbConverter.convert(reader.read(0));
  }

  private static RgbImage convertedWebp(ImageReader reader) throws IOException {
    try {
      return converted(reader);
    } catch (OutOfMemoryError e) {
      // So the binding says that libwebp gave no pixels, as for damaged transparency; the JVM's own
      // errors of this class have a message.
      if (e.getMessage() == null) {
        throw new IOException("libwebp gave no pixels", e);
      }
      throw e;
    }
  }

  private static RgbImage read(
      ImageReader reader, InputStream bytes, ImageHeader header, Decoding decoding)
      throws IOException {
    List<String> warnings = new ArrayList<>();
    try (ImageInputStream input = new MemoryCacheImageInputStream(bytes)) {
      reader.setInput(input, true, true);
      reader.addIIOReadWarningListener((from, warning) -> warnings.add(warning));
      requireSize(header, reader.getWidth(0), reader.getHeight(0));
      RgbImage image = decoding.decode(reader);
      requireSize(header, image.width(), image.height());
      warnings.removeIf(warning -> warning.contains(HARMLESS));
      if (!warnings.isEmpty()) {
        throw new IOException(String.join("; ", warnings));
      }
      return image;
    } finally {
      reader.dispose();
    }
  }

  private static void requireSize(ImageHeader header, int width, int height) throws IOException {
    if (width != header.storedWidth() || height != header.storedHeight()) {
      throw new IOException(
          "its headers say both %d x %d and %d x %d"
              .formatted(header.storedWidth(), header.storedHeight(), width, height));
    }
  }
}
