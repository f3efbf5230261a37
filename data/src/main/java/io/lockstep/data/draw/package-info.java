/**
 * Draws pictures for people: ground truth and a model's answer over and under a picture, with fonts
 * that travel along. Imports records and the decoder of pictures; the command line imports it.
 */
@NullMarked
package io.lockstep.data.draw;

import org.jspecify.annotations.NullMarked;
