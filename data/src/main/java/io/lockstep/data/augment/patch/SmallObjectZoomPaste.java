package io.lockstep.data.augment.patch;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;

/**
 * Copies small objects, enlarged.
 *
 * @param scale factor by which a piece is enlarged, one of which is drawn
 * @param maxSize the longer side of a box, outline or group is at most so many pixels
 * @param maxLineLength pixels of a line
 * @param maxTargets most pieces that are pasted
 * @param options those of all copying operators
 */
@Key("Copies small objects, enlarged.")
public record SmallObjectZoomPaste(
    @Key(
            value = "Factors by which a piece is enlarged, one of which is drawn.",
            otherwise = "[1.2, 2]",
            min = 0.1,
            max = 16)
        Interval scale,
    @Key(
            value = "The longer side of a box or outline is at most so long.",
            otherwise = "96.0",
            min = 2,
            max = 1 << 14,
            unit = "pixels")
        double maxSize,
    @Key(
            value = "A line is at most so long.",
            otherwise = "128.0",
            min = 1,
            max = 1 << 14,
            unit = "pixels")
        double maxLineLength,
    @Key(value = "Most pieces that are pasted.", otherwise = "3", min = 1, max = 100)
        int maxTargets,
    @Key(inline = true) CopyOptions options)
    implements CopyOperator {

  @Override
  public CopyPaste copyPaste() {
    return new CopyPaste(
        new SmallObjects(
            maxSize,
            maxLineLength,
            options.context(),
            options.overlapThreshold(),
            options.classWhitelist()),
        scale,
        maxTargets,
        options);
  }
}
