/**
 * Draws pictures for people: ground truth and a model's answer over and under a picture, with fonts
 * that travel along. May import {@code io.lockstep.data}.
 */
@NullMarked
package io.lockstep.datatools.overlay;

import org.jspecify.annotations.NullMarked;
