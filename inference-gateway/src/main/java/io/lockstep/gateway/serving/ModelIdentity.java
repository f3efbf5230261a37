package io.lockstep.gateway.serving;

import io.lockstep.model.config.SamplingDefaults;
import java.nio.file.Path;

/**
 * Which model answers.
 *
 * @param checkpointDir folder it was loaded from
 * @param weightsSha256 SHA-256 over the tensors in name order, lower-case hexadecimal
 * @param steps committed training steps it holds; 0 if no run of ours wrote it
 * @param modelType {@code model_type} of its configuration
 * @param recommended sampling that its makers recommend; applied only where a client asks for it
 * @param alignment what became of its alignment certificate
 */
public record ModelIdentity(
    Path checkpointDir,
    String weightsSha256,
    long steps,
    String modelType,
    SamplingDefaults recommended,
    Alignment alignment) {}
