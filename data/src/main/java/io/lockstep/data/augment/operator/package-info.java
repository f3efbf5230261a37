/**
 * What an augmentation operator is: its keys, its random numbers, and the annotated picture that it
 * changes. Imports pictures, geometry, record text, the hashing of the epoch plan and the patch
 * bank.
 */
@NullMarked
package io.lockstep.data.augment.operator;

import org.jspecify.annotations.NullMarked;
