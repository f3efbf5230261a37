package io.lockstep.data.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The header of a PNG.
 *
 * @param bits of a sample
 * @param bands samples of a pixel, 1 for an index into a palette
 * @param essential the signature and the chunks that hold pixels and palette; profiles, gamma,
 *     texts and transparency are left out, so nothing can apply or inflate them
 */
record PngHeader(
    int storedWidth,
    int storedHeight,
    int bits,
    int bands,
    Orientation orientation,
    List<Range> essential)
    implements ImageHeader {

  static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504C5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454E44;
  private static final int ACTL = 0x6163544C;
  private static final int EXIF = 0x65584966;
  private static final int ITXT = 0x69545874;

  /** Bytes of a chunk's length, type and checksum. */
  private static final int LENGTH_AND_TYPE = 8;

  private static final int FRAME = 12;
  private static final int SIZE_OF_IHDR = 13;

  /** A PNG's colour type: of these bits. */
  private static final int PALETTE = 1;

  private static final int COLOUR = 2;
  private static final int ALPHA = 4;
  private static final int ANCILLARY = 1 << 29;
  private static final int MAX_RANGES = 1000;
  private static final byte[] XMP_UNCOMPRESSED =
      "XML:com.adobe.xmp\0\0".getBytes(StandardCharsets.ISO_8859_1);

  PngHeader {
    essential = List.copyOf(essential);
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.PNG;
  }

  /** Whether samples are longer than a byte, which is all that is kept of them. */
  boolean hasLongSamples() {
    return bits > Byte.SIZE;
  }

  @Override
  public int decodingBytesPerPixel() {
    return hasLongSamples() || bands == RgbImage.CHANNELS
        ? RgbImage.CHANNELS
        : bands + RgbImage.CHANNELS;
  }

  static PngHeader read(Encoded png) throws UnreadableImageException {
    return new Walk(png).run();
  }

  private static final class Walk {
    private final Encoded png;
    private final List<Range> essential = new ArrayList<>();
    private final OrientationReader orientation = new OrientationReader();
    private boolean hasPixels;

    Walk(Encoded png) {
      this.png = png;
    }

    PngHeader run() throws UnreadableImageException {
      Range.add(essential, 0, SIGNATURE.length);
      int begin = SIGNATURE.length;
      requireHeader(begin);
      int type = IHDR;
      while (type != IEND) {
        int length = png.size32(begin);
        type = png.u32(begin + 4);
        png.require(begin, (long) length + FRAME);
        requireChecksum(begin, length);
        visit(type, begin, length);
        begin += length + FRAME;
      }
      if (!hasPixels) {
        throw png.error("is damaged: a PNG without pixels");
      }
      int data = SIGNATURE.length + LENGTH_AND_TYPE;
      return new PngHeader(
          png.size32(data),
          png.size32(data + 4),
          png.u8(data + 8),
          bands(png.u8(data + 9)),
          orientation.orientation(),
          essential);
    }

    private static int bands(int colourType) {
      boolean threeColours = (colourType & COLOUR) != 0 && (colourType & PALETTE) == 0;
      return (threeColours ? RgbImage.CHANNELS : 1) + ((colourType & ALPHA) != 0 ? 1 : 0);
    }

    private void requireHeader(int begin) throws UnreadableImageException {
      if (png.u32(begin + 4) != IHDR || png.size32(begin) != SIZE_OF_IHDR) {
        throw png.error("is damaged: a PNG without a header");
      }
    }

    private void requireChecksum(int begin, int length) throws UnreadableImageException {
      CRC32 crc = new CRC32();
      crc.update(png.slice(begin + 4, length + 4));
      if ((int) crc.getValue() != png.u32(begin + LENGTH_AND_TYPE + length)) {
        throw png.error(
            "is damaged: the checksum of the PNG chunk at byte %d is wrong".formatted(begin));
      }
    }

    private void visit(int type, int begin, int length) throws UnreadableImageException {
      int data = begin + LENGTH_AND_TYPE;
      switch (type) {
        case IHDR, PLTE, IDAT, IEND -> {
          hasPixels |= type == IDAT;
          Range.add(essential, begin, begin + length + FRAME);
          if (essential.size() > MAX_RANGES) {
            throw png.error("is damaged: the pixels are in too many pieces");
          }
        }
        case ACTL -> {
          if (png.size32(data) > 1) {
            throw png.error(
                "is an animation of %d frames; save the one that is meant as a still picture"
                    .formatted(png.size32(data)));
          }
        }
        case EXIF -> orientation.exif(png.copy(data, length));
        case ITXT -> {
          if (png.startsWith(data, XMP_UNCOMPRESSED)) {
            orientation.xmp(png.copy(data, length));
          }
        }
        default -> {
          if ((type & ANCILLARY) == 0) {
            throw png.error(
                "needs an extension of PNG that is not known, chunk %s"
                    .formatted(new String(png.copy(begin + 4, 4), StandardCharsets.ISO_8859_1)));
          }
        }
      }
    }
  }
}
