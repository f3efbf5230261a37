/**
 * What a checkpoint's JSON files say about a model, read strictly. Imports nothing of ours; every
 * other package of the model may import it.
 */
@NullMarked
package io.lockstep.model.config;

import org.jspecify.annotations.NullMarked;
