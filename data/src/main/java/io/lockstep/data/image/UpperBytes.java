package io.lockstep.data.image;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.stream.IntStream;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * What a reader of 16-bit samples writes into: keeps the upper byte of those that become red, green
 * and blue, three bytes a pixel where the library's own buffer takes up to eight beside them.
 */
final class UpperBytes extends DataBuffer {

  private final int bands;
  private final byte[] rgb;

  private UpperBytes(int pixels, int bands) {
    super(TYPE_USHORT, pixels * bands);
    this.bands = bands;
    this.rgb = new byte[pixels * CHANNELS];
  }

  /** Reads a picture of 16-bit samples. */
  static RgbImage read(ImageReader reader, PngHeader header) throws IOException {
    int width = header.storedWidth();
    int height = header.storedHeight();
    int bands = header.bands();
    UpperBytes samples = new UpperBytes(width * height, bands);
    ComponentSampleModel layout =
        new ComponentSampleModel(
            TYPE_USHORT, width, height, bands, width * bands, IntStream.range(0, bands).toArray());
    ImageReadParam param = reader.getDefaultReadParam();
    param.setDestination(
        new BufferedImage(
            colours(bands), Raster.createWritableRaster(layout, samples, null), false, null));
    var _ = reader.read(0, param);
    return new RgbImage(width, height, samples.rgb);
  }

  /** What the buffer pretends to hold; nothing is ever converted. */
  private static ColorModel colours(int bands) {
    boolean alpha = bands % 2 == 0;
    return new ComponentColorModel(
        ColorSpace.getInstance(bands < CHANNELS ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB),
        alpha,
        false,
        alpha ? Transparency.TRANSLUCENT : Transparency.OPAQUE,
        TYPE_USHORT);
  }

  @Override
  public void setElem(int bank, int i, int sample) {
    int band = i % bands;
    int at = i / bands * CHANNELS;
    byte upper = (byte) (sample >> Byte.SIZE);
    if (bands >= CHANNELS) {
      if (band < CHANNELS) {
        rgb[at + band] = upper;
      }
    } else if (band == 0) {
      rgb[at] = upper;
      rgb[at + 1] = upper;
      rgb[at + 2] = upper;
    }
  }

  @Override
  public int getElem(int bank, int i) {
    throw new UnsupportedOperationException("samples are written, not read");
  }
}
