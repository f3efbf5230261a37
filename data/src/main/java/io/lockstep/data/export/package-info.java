/**
 * Writes data sets made of others. Imports files, records, augmentation and pictures; the command
 * line imports it.
 */
@NullMarked
package io.lockstep.data.export;

import org.jspecify.annotations.NullMarked;
