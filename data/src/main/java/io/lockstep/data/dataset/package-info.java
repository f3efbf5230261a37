/**
 * Makes conversations for training and evaluation out of the records of a JSONL file. Imports the
 * other packages of {@code io.lockstep.data} that describe files, records, preprocessing, prompts,
 * conversations, answers, augmentation and the epoch plan's hashing.
 */
@NullMarked
package io.lockstep.data.dataset;

import org.jspecify.annotations.NullMarked;
