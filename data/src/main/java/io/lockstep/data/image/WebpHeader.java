package io.lockstep.data.image;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The header of a WebP.
 *
 * @param essential all of the RIFF file, without what follows it
 */
record WebpHeader(int storedWidth, int storedHeight, Orientation orientation, List<Range> essential)
    implements ImageHeader {

  private static final byte[] RIFF = latin("RIFF");
  private static final byte[] WEBP = latin("WEBP");
  private static final byte[] LOSSY_START = {(byte) 0x9D, 0x01, 0x2A};
  private static final int LOSSLESS_SIGNATURE = 0x2F;

  private static final int CHUNK_HEADER = 8;
  private static final int FIRST_CHUNK = 12;
  private static final int ANIMATED = 2;
  private static final int FOURTEEN_BITS = (1 << 14) - 1;

  WebpHeader {
    essential = List.copyOf(essential);
  }

  @Override
  public int decodingBytesPerPixel() {
    // libwebp's own pixels and the binding's copy.
    return 2 * Integer.BYTES;
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.WEBP;
  }

  static boolean isWebp(Encoded bytes) {
    return bytes.startsWith(0, RIFF) && bytes.startsWith(CHUNK_HEADER, WEBP);
  }

  static WebpHeader read(Encoded webp) throws UnreadableImageException {
    long length = webp.little(4, Integer.SIZE) + CHUNK_HEADER;
    webp.require(0, length);
    int end = Math.toIntExact(length);
    OrientationReader orientation = new OrientationReader();
    boolean hasPixels = false;
    for (int at = FIRST_CHUNK; at < end; ) {
      long size = webp.little(at + 4, Integer.SIZE);
      webp.require(at + CHUNK_HEADER, size);
      int data = at + CHUNK_HEADER;
      int bytes = Math.toIntExact(size);
      switch (type(webp, at)) {
        case "VP8 ", "VP8L" -> hasPixels = true;
        case "EXIF" -> orientation.exif(webp.copy(data, bytes));
        case "XMP " -> orientation.xmp(webp.copy(data, bytes));
        default -> {}
      }
      at = Math.addExact(data, bytes + (bytes & 1));
    }
    WebpHeader header = size(webp, orientation.orientation(), List.of(new Range(0, end)));
    if (!hasPixels) {
      throw webp.error("is damaged: a WebP without pixels");
    }
    return header;
  }

  private static String type(Encoded webp, int at) throws UnreadableImageException {
    return new String(webp.copy(at, 4), StandardCharsets.ISO_8859_1);
  }

  private static WebpHeader size(Encoded webp, Orientation orientation, List<Range> essential)
      throws UnreadableImageException {
    int data = FIRST_CHUNK + CHUNK_HEADER;
    String first = type(webp, FIRST_CHUNK);
    if (first.equals("VP8X")) {
      if ((webp.u8(data) & ANIMATED) != 0) {
        throw webp.error("is an animation; save the frame that is meant as a still picture");
      }
      return new WebpHeader(
          (int) webp.little(data + 4, 24) + 1,
          (int) webp.little(data + 7, 24) + 1,
          orientation,
          essential);
    }
    if (first.equals("VP8L") && webp.u8(data) == LOSSLESS_SIGNATURE) {
      int bits = (int) webp.little(data + 1, Integer.SIZE);
      return new WebpHeader(
          (bits & FOURTEEN_BITS) + 1, ((bits >> 14) & FOURTEEN_BITS) + 1, orientation, essential);
    }
    if (first.equals("VP8 ") && webp.startsWith(data + 3, LOSSY_START)) {
      return new WebpHeader(
          (int) webp.little(data + 6, Short.SIZE) & FOURTEEN_BITS,
          (int) webp.little(data + 8, Short.SIZE) & FOURTEEN_BITS,
          orientation,
          essential);
    }
    throw webp.error("is damaged: a WebP without a header");
  }
}
