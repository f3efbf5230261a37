package io.lockstep.data.augment.patch;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;

/**
 * Copies groups of objects that lie close together.
 *
 * @param scale factor by which a piece is enlarged, one of which is drawn
 * @param maxSize the longer side of a box, outline or group is at most so many pixels
 * @param radius pixels between objects of a group
 * @param minObjects least objects of a group
 * @param maxObjects most objects of a group
 * @param maxTargets most pieces that are pasted
 * @param options those of all copying operators
 */
@Key("Copies groups of objects that lie close together.")
public record ObjectClusterCopyPaste(
    @Key(
            value = "Factors by which a piece is enlarged, one of which is drawn.",
            otherwise = "[0.8, 1.2]",
            min = 0.1,
            max = 16)
        Interval scale,
    @Key(
            value = "The longer side of a group is at most so long.",
            otherwise = "320.0",
            min = 2,
            max = 1 << 14,
            unit = "pixels")
        double maxSize,
    @Key(
            value = "Between objects of a group.",
            otherwise = "24.0",
            min = 0,
            max = 1 << 14,
            unit = "pixels")
        double radius,
    @Key(value = "Least objects of a group.", otherwise = "2", min = 1, max = 1000) int minObjects,
    @Key(value = "Most objects of a group.", otherwise = "8", min = 1, max = 1000) int maxObjects,
    @Key(value = "Most pieces that are pasted.", otherwise = "1", min = 1, max = 100)
        int maxTargets,
    @Key(inline = true) CopyOptions options)
    implements CopyOperator {

  @Override
  public CopyPaste copyPaste() {
    return new CopyPaste(
        new Clusters(
            maxSize,
            radius,
            minObjects,
            maxObjects,
            options.context(),
            options.overlapThreshold(),
            options.classWhitelist()),
        scale,
        maxTargets,
        options);
  }
}
