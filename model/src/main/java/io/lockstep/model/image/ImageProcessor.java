package io.lockstep.model.image;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.image.UnreadableImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Decodes, resizes, normalises and cuts pictures into patches.
 *
 * <p>Immutable; may be used by several threads.
 */
public final class ImageProcessor {
  private static final int LEVELS = 256;

  private final ImageOptions options;
  private final DecodeLimits limits;
  private final ImageDecoder decoder;
  private final float[][] normalised;

  /** A processor with these options; larger pictures than the limits are refused. */
  public ImageProcessor(ImageOptions options, DecodeLimits limits) {
    this.options = options;
    this.limits = limits;
    this.decoder = new ImageDecoder(limits);
    this.normalised = normalised(options);
  }

  /** A processor with the options of a model's folder and default limits. */
  public static ImageProcessor of(Path folder) throws IOException {
    return new ImageProcessor(ImageOptions.of(folder), DecodeLimits.DEFAULT);
  }

  /** The same processor with other options. */
  public ImageProcessor with(ImageOptions other) {
    return new ImageProcessor(other, limits);
  }

  /** The options this was made with. */
  public ImageOptions options() {
    return options;
  }

  /**
   * Makes the patches of an encoded picture.
   *
   * @throws UnreadableImageException naming the picture, if it cannot be used
   */
  public Patches process(ImageSource source) throws IOException {
    return process(source.name(), decode(source));
  }

  /**
   * The pixels of an encoded picture.
   *
   * @throws UnreadableImageException naming the picture, if it cannot be used
   */
  public RgbImage decode(ImageSource source) throws IOException {
    return decoder.decode(source);
  }

  /**
   * Makes the patches of a decoded picture.
   *
   * @throws UnreadableImageException naming the picture, if its sides are too different
   */
  public Patches process(String name, RgbImage image) throws IOException {
    try {
      return process(image);
    } catch (IllegalArgumentException e) {
      throw new UnreadableImageException(name, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Makes the patches of a decoded picture.
   *
   * @throws IllegalArgumentException if one side is more than 200 times the other
   */
  public Patches process(RgbImage image) {
    SmartResize size = size(image.width(), image.height());
    return cut(BicubicResampler.resize(image, size.width(), size.height()));
  }

  /**
   * The grid of patches that an encoded picture will have; only its header is read.
   *
   * @throws UnreadableImageException naming the picture, if it cannot be used
   */
  public Grid grid(ImageSource source) throws IOException {
    ImageHeader header =
        switch (source) {
          case ImageSource.File(Path path) -> ImageHeader.read(path, limits);
          case ImageSource.Bytes(String name, byte[] content) ->
              ImageHeader.read(name, ByteBuffer.wrap(content), limits);
        };
    try {
      return grid(header.width(), header.height());
    } catch (IllegalArgumentException e) {
      throw new UnreadableImageException(source.name(), String.valueOf(e.getMessage()), e);
    }
  }

  /** The grid of patches that a picture of this size will have. */
  public Grid grid(int width, int height) {
    SmartResize size = size(width, height);
    return new Grid(1, size.height() / options.patchSize(), size.width() / options.patchSize());
  }

  private SmartResize size(int width, int height) {
    return SmartResize.of(
        width, height, options.factor(), options.minPixels(), options.maxPixels());
  }

  /** The float32 value of each byte, per channel: (level - mean * 255) / (std * 255). */
  private static float[][] normalised(ImageOptions options) {
    float[][] table = new float[CHANNELS][LEVELS];
    for (int channel = 0; channel < CHANNELS; channel++) {
      float mean = options.mean().get(channel).floatValue() * 255f;
      float std = options.std().get(channel).floatValue() * 255f;
      for (int level = 0; level < LEVELS; level++) {
        table[channel][level] = (level - mean) / std;
      }
    }
    return table;
  }

  /** Rows: merge-block row, merge-block column, row in block, column in block. */
  private Patches cut(RgbImage image) {
    int merge = options.mergeSize();
    int gridH = image.height() / options.patchSize();
    int gridW = image.width() / options.patchSize();
    int frame = options.patchSize() * options.patchSize();
    int values = CHANNELS * options.temporalPatchSize() * frame;
    float[] pixels = new float[Math.multiplyExact(gridH * gridW, values)];
    int patch = 0;
    for (int blockY = 0; blockY < gridH; blockY += merge) {
      for (int blockX = 0; blockX < gridW; blockX += merge) {
        for (int inBlock = 0; inBlock < merge * merge; inBlock++) {
          int patchY = blockY + inBlock / merge;
          int patchX = blockX + inBlock % merge;
          cutPatch(image, patchY, patchX, pixels, patch++ * values);
        }
      }
    }
    return new Patches(pixels, 1, gridH, gridW);
  }

  /** Values of one patch: channel, frame, row, column; all frames are the same. */
  private void cutPatch(RgbImage image, int patchY, int patchX, float[] pixels, int begin) {
    int side = options.patchSize();
    int frame = side * side;
    int at = begin;
    for (int channel = 0; channel < CHANNELS; channel++) {
      float[] table = normalised[channel];
      int first = at;
      for (int y = patchY * side; y < (patchY + 1) * side; y++) {
        int from = (y * image.width() + patchX * side) * CHANNELS + channel;
        for (int x = 0; x < side; x++, from += CHANNELS) {
          pixels[at++] = table[image.rgb()[from] & 0xFF];
        }
      }
      for (int t = 1; t < options.temporalPatchSize(); t++, at += frame) {
        System.arraycopy(pixels, first, pixels, at, frame);
      }
    }
  }
}
