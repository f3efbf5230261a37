package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Equalises brightness tile by tile, with limited contrast (Zuiderveld, "Contrast limited adaptive
 * histogram equalization", Graphics Gems IV, 1994). Pixels look their brightness up in the four
 * tiles around them; all channels change by as much as it does.
 *
 * @param clipLimits how many times its fair share of a tile's pixels a level may count, one of
 *     which is drawn
 * @param grid tiles in a row, and in a column
 */
@Key("Equalises brightness tile by tile, with limited contrast.")
public record Clahe(
    @Key(
            name = "clip_limit",
            value =
                "How many times its fair share of a tile's pixels a level may count, one of which is drawn.",
            otherwise = "[1, 3]",
            min = 1,
            max = 40)
        Interval clipLimits,
    @Key(value = "Tiles in a row, and in a column.", otherwise = "8", min = 1, max = 64) int grid)
    implements ColourOperator {

  private static final int WEIGHT_BITS = 8;
  private static final int WEIGHT = 1 << WEIGHT_BITS;
  private static final int HALF = 1 << (2 * WEIGHT_BITS - 1);

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    double clipLimit = draws.in(clipLimits);
    byte[] lumas = lumas(picture);
    Axis columns = Axis.of(picture.width(), Math.min(grid, picture.width()));
    Axis rows = Axis.of(picture.height(), Math.min(grid, picture.height()));
    byte[][] tables = tables(lumas, columns, rows, clipLimit);
    byte[] to = new byte[picture.rgb().length];
    for (int y = 0; y < rows.size; y++) {
      row(picture.rgb(), lumas, to, y, columns, rows, tables);
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }

  private static byte[] lumas(RgbImage picture) {
    byte[] rgb = picture.rgb();
    byte[] lumas = new byte[rgb.length / CHANNELS];
    for (int i = 0, at = 0; i < lumas.length; i++, at += CHANNELS) {
      lumas[i] = (byte) Levels.luma(rgb[at] & 0xFF, rgb[at + 1] & 0xFF, rgb[at + 2] & 0xFF);
    }
    return lumas;
  }

  /**
   * A direction of the grid.
   *
   * @param size pixels
   * @param tiles how many tiles there are
   * @param first for each pixel the tile whose middle comes before it, or the outermost one
   * @param weights how much the tile after that one counts, in 256ths
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Axis(int size, int tiles, int[] first, int[] weights) {

    static Axis of(int size, int tiles) {
      int[] first = new int[size];
      int[] weights = new int[size];
      for (int i = 0; i < size; i++) {
        double place = Math.clamp((i + 0.5) * tiles / size - 0.5, 0.0, tiles - 1.0);
        first[i] = Math.min((int) place, Math.max(0, tiles - 2));
        weights[i] = (int) Math.rint((place - first[i]) * WEIGHT);
      }
      return new Axis(size, tiles, first, weights);
    }

    int begin(int tile) {
      return (int) ((long) tile * size / tiles);
    }

    int next(int tile) {
      return Math.min(tile + 1, tiles - 1);
    }
  }

  /** What becomes of each brightness, for each tile, row by row. */
  private static byte[][] tables(byte[] lumas, Axis columns, Axis rows, double clipLimit) {
    byte[][] tables = new byte[columns.tiles * rows.tiles][];
    for (int row = 0; row < rows.tiles; row++) {
      for (int column = 0; column < columns.tiles; column++) {
        int[] histogram = new int[Levels.COUNT];
        for (int y = rows.begin(row); y < rows.begin(row + 1); y++) {
          for (int x = columns.begin(column); x < columns.begin(column + 1); x++) {
            histogram[lumas[y * columns.size + x] & 0xFF]++;
          }
        }
        int pixels =
            (rows.begin(row + 1) - rows.begin(row))
                * (columns.begin(column + 1) - columns.begin(column));
        tables[row * columns.tiles + column] = table(histogram, pixels, clipLimit);
      }
    }
    return tables;
  }

  /** Clips a histogram, shares what was clipped out evenly, and sums it up. */
  private static byte[] table(int[] histogram, int pixels, double clipLimit) {
    double most = clipLimit * pixels / Levels.COUNT;
    double clipped = 0;
    for (int count : histogram) {
      clipped += Math.max(0, count - most);
    }
    double share = clipped / Levels.COUNT;
    byte[] table = new byte[Levels.COUNT];
    double sum = 0;
    for (int level = 0; level < Levels.COUNT; level++) {
      sum += Math.min(most, histogram[level]) + share;
      table[level] = Levels.nearest(sum * Levels.MOST / pixels);
    }
    return table;
  }

  private static void row(
      byte[] rgb, byte[] lumas, byte[] to, int y, Axis columns, Axis rows, byte[][] tables) {
    int upperTiles = rows.first[y] * columns.tiles;
    int lowerTiles = rows.next(rows.first[y]) * columns.tiles;
    int lower = rows.weights[y];
    int upper = WEIGHT - lower;
    int pixel = y * columns.size;
    for (int x = 0; x < columns.size; x++, pixel++) {
      int left = columns.first[x];
      int right = columns.next(left);
      int rightWeight = columns.weights[x];
      int leftWeight = WEIGHT - rightWeight;
      int luma = lumas[pixel] & 0xFF;
      int above =
          (tables[upperTiles + left][luma] & 0xFF) * leftWeight
              + (tables[upperTiles + right][luma] & 0xFF) * rightWeight;
      int below =
          (tables[lowerTiles + left][luma] & 0xFF) * leftWeight
              + (tables[lowerTiles + right][luma] & 0xFF) * rightWeight;
      int change = ((above * upper + below * lower + HALF) >> (2 * WEIGHT_BITS)) - luma;
      int at = pixel * CHANNELS;
      for (int channel = at; channel < at + CHANNELS; channel++) {
        to[channel] = (byte) Math.clamp((rgb[channel] & 0xFF) + change, 0, Levels.MOST);
      }
    }
  }
}
