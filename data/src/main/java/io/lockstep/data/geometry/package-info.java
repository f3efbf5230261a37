/**
 * Where objects are and what becomes of them: points, boxes, outlines and lines, affine maps,
 * clipping, coverage. Imports nothing of ours.
 *
 * <p>Coordinates are those of the data contract: x from 0 at the picture's left edge to its width
 * at the right one, y from 0 at the top edge to its height. The pixel of column i covers i to i +
 * 1, so that its centre is at i + 0.5.
 */
@NullMarked
package io.lockstep.data.geometry;

import org.jspecify.annotations.NullMarked;
