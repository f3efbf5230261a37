package io.lockstep.gateway.serving;

import io.lockstep.model.generate.Prompt;

/**
 * A job as a model's input.
 *
 * @param owner the model that can answer it
 * @param prompt its input
 * @param release gives back the heap that it holds
 */
record Prepared(SharedModel owner, Prompt prompt, Runnable release) {}
