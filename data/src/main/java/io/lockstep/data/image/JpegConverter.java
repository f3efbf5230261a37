package io.lockstep.data.image;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;

/**
 * The components of a decoded JPEG to RGB bytes, equal to libjpeg's and Pillow's to the bit: the
 * fixed-point matrix of BT.601 with full range; inks as Adobe stores them, inverted.
 */
final class JpegConverter {
  private static final int PRECISION = 16;
  private static final int HALF = 1 << (PRECISION - 1);
  private static final int RED_OF_CR = fixed(1.40200);
  private static final int GREEN_OF_CB = fixed(-0.34414);
  private static final int GREEN_OF_CR = fixed(-0.71414);
  private static final int BLUE_OF_CB = fixed(1.77200);
  private static final int NEUTRAL = 128;
  private static final int MAX = 255;
  private static final int INKS = 4;

  private JpegConverter() {}

  /** Works in the raster's own array where that has three bands. */
  static RgbImage convert(Raster raster, JpegHeader header) throws IOException {
    int bands = header.upsampledRows().size();
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] data = samples(raster, bands);
    for (int band = 0; band < bands; band++) {
      if (header.upsampledRows().get(band)) {
        RowUpsampler.smooth(data, width, height, bands, band);
      }
    }
    return new RgbImage(width, height, toRgb(data, header.colours()));
  }

  private static byte[] samples(Raster raster, int bands) throws IOException {
    if (raster.getSampleModel() instanceof PixelInterleavedSampleModel layout
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && layout.getPixelStride() == bands
        && layout.getScanlineStride() == bands * raster.getWidth()
        && buffer.getData().length == bands * raster.getWidth() * raster.getHeight()) {
      return buffer.getData();
    }
    throw new IOException("its components are laid out as " + raster.getSampleModel());
  }

  private static byte[] toRgb(byte[] data, JpegColours colours) {
    return switch (colours) {
      case RGB -> data;
      case GREY -> repeat(data);
      case YCC -> {
        fromYcc(data, CHANNELS);
        yield data;
      }
      case CMYK -> fromInks(data);
      case YCCK -> {
        fromYcc(data, INKS);
        invertColours(data);
        yield fromInks(data);
      }
    };
  }

  private static int fixed(double factor) {
    return (int) Math.rint(factor * (1 << PRECISION));
  }

  private static byte[] repeat(byte[] grey) {
    byte[] rgb = new byte[grey.length * CHANNELS];
    for (int i = 0, at = 0; i < grey.length; i++) {
      rgb[at++] = grey[i];
      rgb[at++] = grey[i];
      rgb[at++] = grey[i];
    }
    return rgb;
  }

  private static void fromYcc(byte[] data, int step) {
    for (int at = 0; at < data.length; at += step) {
      int y = data[at] & MAX;
      int cb = (data[at + 1] & MAX) - NEUTRAL;
      int cr = (data[at + 2] & MAX) - NEUTRAL;
      data[at] = clamped(y + ((RED_OF_CR * cr + HALF) >> PRECISION));
      data[at + 1] = clamped(y + ((GREEN_OF_CB * cb + GREEN_OF_CR * cr + HALF) >> PRECISION));
      data[at + 2] = clamped(y + ((BLUE_OF_CB * cb + HALF) >> PRECISION));
    }
  }

  private static byte clamped(int level) {
    return (byte) Math.clamp(level, 0, MAX);
  }

  private static void invertColours(byte[] inks) {
    for (int at = 0; at < inks.length; at += INKS) {
      for (int i = at; i < at + CHANNELS; i++) {
        inks[i] = (byte) ~inks[i];
      }
    }
  }

  /** Stored inks are inverted: 255 is none. */
  private static byte[] fromInks(byte[] inks) {
    byte[] rgb = new byte[inks.length / INKS * CHANNELS];
    int at = 0;
    for (int from = 0; from < inks.length; from += INKS) {
      int light = inks[from + CHANNELS] & MAX;
      for (int i = 0; i < CHANNELS; i++) {
        rgb[at++] = (byte) (light - scaled(MAX - (inks[from + i] & MAX), light));
      }
    }
    return rgb;
  }

  /** a * b / 255, rounded. */
  private static int scaled(int a, int b) {
    int product = a * b + NEUTRAL;
    return ((product >> Byte.SIZE) + product) >> Byte.SIZE;
  }
}
