/**
 * Augmentation of annotated pictures: which operators there are, what a configuration says of them,
 * and their composition. Imports the packages below it, names and pictures.
 */
@NullMarked
package io.lockstep.data.augment;

import org.jspecify.annotations.NullMarked;
