package io.lockstep.data.image;

import io.lockstep.data.conversation.ImageSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a picture says of itself, found by walking through its parts without decoding any.
 *
 * <p>The walk reaches the end of the picture, so one that is cut off is found here; bytes after the
 * end are allowed. Animations are refused: which of their frames is meant cannot be known.
 */
public sealed interface ImageHeader permits PngHeader, JpegHeader, WebpHeader {

  /** The format of the content. */
  ImageFormat format();

  /** Width of the stored pixels. */
  int storedWidth();

  /** Height of the stored pixels. */
  int storedHeight();

  /** How the stored pixels are turned for viewing. */
  Orientation orientation();

  /** Bytes of a pixel while it is decoded: samples as the library lays them out, and RGB. */
  int decodingBytesPerPixel();

  /** Most memory that decoding takes at once, in bytes, beside the encoded picture. */
  default long decodingBytes() {
    int turning = orientation() == Orientation.UPRIGHT ? 0 : 2 * RgbImage.CHANNELS;
    return (long) storedWidth() * storedHeight() * Math.max(decodingBytesPerPixel(), turning);
  }

  /** Width of the picture as it is seen, and as records state it. */
  default int width() {
    return orientation().swapsSides() ? storedHeight() : storedWidth();
  }

  /** Height of the picture as it is seen, and as records state it. */
  default int height() {
    return orientation().swapsSides() ? storedWidth() : storedHeight();
  }

  /**
   * Reads the header of a picture in a file or in memory.
   *
   * @throws UnreadableImageException as the others
   */
  static ImageHeader of(ImageSource source, DecodeLimits limits) throws IOException {
    return switch (source) {
      case ImageSource.File(Path path) -> read(path, limits);
      case ImageSource.Bytes(String name, byte[] content) ->
          read(name, ByteBuffer.wrap(content), limits);
    };
  }

  /**
   * Reads the header of a file, in memory for none of its pixels.
   *
   * @throws UnreadableImageException naming the file, if it is absent, beyond the limits, damaged,
   *     of no format that is read, or of another format than its extension says
   */
  static ImageHeader read(Path file, DecodeLimits limits) throws IOException {
    requireFile(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      limits.requireBytes(file.toString(), channel.size());
      ByteBuffer bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena).asByteBuffer();
      ImageHeader header = read(file.toString(), bytes, limits);
      header.format().requireExtension(file.toString());
      return header;
    }
  }

  /**
   * Reads a whole file, still encoded, once its header has been found good.
   *
   * @throws UnreadableImageException as {@link #read(Path, DecodeLimits)}
   */
  static byte[] requireGood(Path file, DecodeLimits limits) throws IOException {
    var _ = read(file, limits);
    return Files.readAllBytes(file);
  }

  /**
   * Reads the header of a picture in memory.
   *
   * @param name of the picture, for errors
   * @param bytes from 0 to the limit, in big-endian order
   * @throws UnreadableImageException naming the picture, if it is beyond the limits, damaged or of
   *     no format that is read
   */
  static ImageHeader read(String name, ByteBuffer bytes, DecodeLimits limits)
      throws UnreadableImageException {
    limits.requireBytes(name, bytes.limit());
    Encoded encoded = new Encoded(name, bytes);
    ImageHeader header;
    try {
      header = read(encoded);
    } catch (RuntimeException e) {
      throw new UnreadableImageException(name, "is damaged: " + e, e);
    }
    limits.requireSize(name, header);
    return header;
  }

  private static ImageHeader read(Encoded encoded) throws UnreadableImageException {
    if (encoded.startsWith(0, PngHeader.SIGNATURE)) {
      return PngHeader.read(encoded);
    }
    if (encoded.startsWith(0, JpegHeader.SIGNATURE)) {
      return JpegHeader.read(encoded);
    }
    if (WebpHeader.isWebp(encoded)) {
      return WebpHeader.read(encoded);
    }
    throw encoded.error(OtherContent.describe(encoded) + "; save it as PNG, JPEG or WebP");
  }

  /** Refuses a path at which there is no file. */
  static void requireFile(Path file) throws UnreadableImageException {
    if (!Files.isRegularFile(file)) {
      throw new UnreadableImageException(
          file.toString(),
          OtherSpelling.of(file)
              .map(there ->
                  "does not exist, but %s does, whose name looks the same and is written in another Unicode form; rename the file or write its name as it is"
                      .formatted(there))
              .orElse("does not exist or is not a file"));
    }
  }
}
