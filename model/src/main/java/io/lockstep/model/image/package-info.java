/**
 * From a picture to the patches a vision tower reads, equal to the public image processor to the
 * bit. Imports the conversation's image sources, the decoder and the model's configuration.
 */
@NullMarked
package io.lockstep.model.image;

import org.jspecify.annotations.NullMarked;
