/**
 * From encoded pictures to RGB bytes, equal to Pillow's to the bit, with every limit checked from
 * the header. Imports only where pictures come from; data checks, drawings, the model and the
 * gateway import it.
 */
@NullMarked
package io.lockstep.data.image;

import org.jspecify.annotations.NullMarked;
