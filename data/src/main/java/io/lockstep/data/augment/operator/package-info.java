/**
 * What an augmentation operator is: its parameters, its random numbers, and the annotated picture
 * that it changes. Imports pictures, geometry, record text and the hashing of the epoch plan.
 */
@NullMarked
package io.lockstep.data.augment.operator;

import org.jspecify.annotations.NullMarked;
