package io.lockstep.data.augment.patch;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;

/**
 * Copies straight segments of lines.
 *
 * @param scale factor by which a piece is enlarged, one of which is drawn
 * @param maxLineLength pixels of a line
 * @param maxTargets most pieces that are pasted
 * @param options those of all copying operators
 */
@Key("Copies straight segments of lines.")
public record LineSegmentCopyPaste(
    @Key(
            value = "Factors by which a piece is enlarged, one of which is drawn.",
            otherwise = "[0.8, 1.25]",
            min = 0.1,
            max = 16)
        Interval scale,
    @Key(
            value = "A segment is at most so long, or its middle is copied.",
            otherwise = "256.0",
            min = 4,
            max = 1 << 14,
            unit = "pixels")
        double maxLineLength,
    @Key(value = "Most pieces that are pasted.", otherwise = "2", min = 1, max = 100)
        int maxTargets,
    @Key(inline = true) CopyOptions options)
    implements CopyOperator {

  @Override
  public CopyPaste copyPaste() {
    return new CopyPaste(
        new LineSegments(
            maxLineLength, options.context(), options.overlapThreshold(), options.classWhitelist()),
        scale,
        maxTargets,
        options);
  }
}
