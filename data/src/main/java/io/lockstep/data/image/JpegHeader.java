package io.lockstep.data.image;

import java.util.ArrayList;
import java.util.List;

/**
 * The header of a JPEG.
 *
 * @param colours what the stored components mean
 * @param upsampledRows for each component, whether it has half the rows and all the columns of the
 *     picture
 * @param essential everything up to the end but application data and comments before the first
 *     scan, so no profile can be applied
 */
record JpegHeader(
    int storedWidth,
    int storedHeight,
    Orientation orientation,
    JpegColours colours,
    List<Boolean> upsampledRows,
    List<Range> essential)
    implements ImageHeader {

  static final byte[] SIGNATURE = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF};

  JpegHeader {
    upsampledRows = List.copyOf(upsampledRows);
    essential = List.copyOf(essential);
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.JPEG;
  }

  @Override
  public int decodingBytesPerPixel() {
    // libjpeg keeps the coefficients of a picture that comes in several scans, two bytes each.
    int bands = upsampledRows.size();
    return Short.BYTES * bands + bands + (bands == RgbImage.CHANNELS ? 0 : RgbImage.CHANNELS);
  }

  static JpegHeader read(Encoded jpeg) throws UnreadableImageException {
    return new JpegWalk(jpeg).run();
  }

  /**
   * A start-of-frame segment.
   *
   * @param progressive whether scans bring some coefficients, or some bits of them, each
   * @param ids of the components
   * @param sampling of the components: columns in the upper four bits, rows in the lower
   */
  record Frame(
      int width, int height, boolean progressive, List<Integer> ids, List<Integer> sampling) {
    private static final int COMPONENT = 3;
    private static final int FIXED = 6;

    static Frame read(Encoded jpeg, boolean progressive, int data, int length)
        throws UnreadableImageException {
      int precision = jpeg.u8(data);
      if (precision != Byte.SIZE) {
        throw jpeg.error("has %d bits per sample; save it with 8".formatted(precision));
      }
      int components = jpeg.u8(data + 5);
      if (components != 1 && components != 3 && components != 4) {
        throw jpeg.error("has %d components; save it as grey or RGB".formatted(components));
      }
      if (length != FIXED + COMPONENT * components) {
        throw jpeg.error("is damaged: its frame header has the wrong length");
      }
      List<Integer> ids = new ArrayList<>();
      List<Integer> sampling = new ArrayList<>();
      for (int i = 0; i < components; i++) {
        ids.add(jpeg.u8(data + FIXED + COMPONENT * i));
        sampling.add(jpeg.u8(data + FIXED + COMPONENT * i + 1));
      }
      int width = jpeg.u16(data + 3);
      int height = jpeg.u16(data + 1);
      return new Frame(width, height, progressive, ids, sampling);
    }

    List<Boolean> upsampledRows() {
      int columns = sampling.stream().mapToInt(s -> s >> 4).max().orElseThrow();
      int rows = sampling.stream().mapToInt(s -> s & 15).max().orElseThrow();
      return sampling.stream().map(s -> (s >> 4) == columns && (s & 15) * 2 == rows).toList();
    }
  }
}
