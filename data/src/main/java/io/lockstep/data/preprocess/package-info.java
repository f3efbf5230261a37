/**
 * What is done with the objects of every record before anything is made of it. Imports records,
 * geometry, their problems and declared keys.
 */
@NullMarked
package io.lockstep.data.preprocess;

import org.jspecify.annotations.NullMarked;
