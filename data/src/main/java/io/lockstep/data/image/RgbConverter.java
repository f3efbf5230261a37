package io.lockstep.data.image;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/**
 * Stored samples to RGB bytes without any colour management: grey is repeated, a palette is looked
 * up, transparency is dropped and 16-bit samples keep their upper half. Works in the picture's own
 * array where that has three bytes per pixel.
 */
final class RgbConverter {
  private RgbConverter() {}

  static RgbImage convert(BufferedImage image) {
    Raster raster = image.getRaster();
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getData().length == image.getWidth() * image.getHeight() * CHANNELS) {
      return new RgbImage(image.getWidth(), image.getHeight(), redFirst(buffer.getData()));
    }
    byte[] rgb = new byte[image.getWidth() * image.getHeight() * CHANNELS];
    ColorModel colors = image.getColorModel();
    if (image.getType() == BufferedImage.TYPE_INT_RGB
        || image.getType() == BufferedImage.TYPE_INT_ARGB) {
      fromIntegers(raster, rgb);
    } else if (colors instanceof IndexColorModel palette) {
      fromPalette(raster, palette, rgb);
    } else if (raster.getSampleModel() instanceof PixelInterleavedSampleModel layout
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getNumBanks() == 1) {
      fromInterleavedBytes(raster, layout, buffer, rgb);
    } else {
      fromSamples(raster, rgb);
    }
    return new RgbImage(image.getWidth(), image.getHeight(), rgb);
  }

  /** Exchanges red and blue in place: the picture is this class's own. */
  private static byte[] redFirst(byte[] bgr) {
    for (int at = 0; at < bgr.length; at += CHANNELS) {
      byte blue = bgr[at];
      bgr[at] = bgr[at + 2];
      bgr[at + 2] = blue;
    }
    return bgr;
  }

  private static void fromIntegers(Raster raster, byte[] rgb) {
    int[] row = new int[raster.getWidth()];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getDataElements(raster.getMinX(), raster.getMinY() + y, row.length, 1, row);
      for (int pixel : row) {
        rgb[at++] = (byte) (pixel >> 16);
        rgb[at++] = (byte) (pixel >> 8);
        rgb[at++] = (byte) pixel;
      }
    }
  }

  /** The band that holds a channel: bands are grey, grey + alpha, RGB or RGB + alpha. */
  private static int band(int channel, int bands) {
    return bands < CHANNELS ? 0 : channel;
  }

  private static void fromPalette(Raster raster, IndexColorModel palette, byte[] rgb) {
    int width = raster.getWidth();
    int[] indexes = new int[width];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, indexes);
      for (int index : indexes) {
        rgb[at++] = (byte) palette.getRed(index);
        rgb[at++] = (byte) palette.getGreen(index);
        rgb[at++] = (byte) palette.getBlue(index);
      }
    }
  }

  private static void fromInterleavedBytes(
      Raster raster, PixelInterleavedSampleModel layout, DataBufferByte buffer, byte[] rgb) {
    byte[] data = buffer.getData();
    int[] offsets = layout.getBandOffsets();
    int bands = raster.getNumBands();
    int red = offsets[band(0, bands)];
    int green = offsets[band(1, bands)];
    int blue = offsets[band(2, bands)];
    int step = layout.getPixelStride();
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      int from = buffer.getOffset() + y * layout.getScanlineStride();
      for (int x = 0; x < raster.getWidth(); x++, from += step) {
        rgb[at++] = data[from + red];
        rgb[at++] = data[from + green];
        rgb[at++] = data[from + blue];
      }
    }
  }

  private static void fromSamples(Raster raster, byte[] rgb) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int[] samples = new int[width];
    for (int channel = 0; channel < CHANNELS; channel++) {
      int band = band(channel, bands);
      int shift = Math.max(0, raster.getSampleModel().getSampleSize(band) - Byte.SIZE);
      int at = channel;
      for (int y = 0; y < raster.getHeight(); y++) {
        raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, band, samples);
        for (int sample : samples) {
          rgb[at] = (byte) (sample >> shift);
          at += CHANNELS;
        }
      }
    }
  }
}
