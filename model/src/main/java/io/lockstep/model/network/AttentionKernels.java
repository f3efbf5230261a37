package io.lockstep.model.network;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Attention.Form;
import io.lockstep.tensor.Attention.Implementation;
import io.lockstep.tensor.TorchException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * What computes a model's attention on this process's device, by where it is computed: in the
 * language model of rows without padding ({@code text}), of padded ones ({@code padded_text}), of
 * one token after those in the cache ({@code next_token}), and in the vision tower ({@code
 * vision}).
 *
 * @param implementation what was asked for
 * @param kernels names of kernels
 */
public record AttentionKernels(
    Implementation implementation, SequencedMap<String, String> kernels) {

  /** What computes attention in a vision tower that composes it itself. */
  private static final String COMPOSED = "composed";

  public AttentionKernels {
    kernels = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(kernels));
  }

  /**
   * Those of a model; libtorch must have been started.
   *
   * @throws IllegalArgumentException if what is asked for is not there, with what to do
   */
  public static AttentionKernels of(ModelConfig config) {
    Implementation implementation = config.attention();
    VisionConfig vision = config.vision();
    SequencedMap<String, String> kernels = new LinkedHashMap<>();
    try {
      kernels.put("text", kernel(implementation, text(config, false, false)));
      kernels.put("padded_text", kernel(implementation, text(config, false, true)));
      kernels.put("next_token", kernel(implementation, text(config, true, true)));
      Form patches =
          new Form(
              config.computeType(),
              vision.heads(),
              vision.heads(),
              vision.headDim(),
              false,
              false,
              false);
      kernels.put(
          "vision",
          config.visionTower().composesAttention() ? COMPOSED : kernel(implementation, patches));
    } catch (TorchException e) {
      throw new IllegalArgumentException(
          "model.attn_impl: %s; write sdpa, or remove the key, to compute with what there is"
              .formatted(e.getMessage()),
          e);
    }
    return new AttentionKernels(implementation, kernels);
  }

  /** The same model with what there is, if what its run asked for is not there. */
  public static ModelConfig available(ModelConfig config) {
    try {
      var _ = of(config);
      return config;
    } catch (IllegalArgumentException e) {
      return config.attendingBy(Implementation.SDPA);
    }
  }

  private static String kernel(Implementation implementation, Form form) {
    return Attention.kernel(implementation, form).publicName();
  }

  private static Form text(ModelConfig config, boolean single, boolean masked) {
    TextConfig text = config.text();
    return new Form(
        config.computeType(),
        text.heads(),
        text.kvHeads(),
        text.headDim(),
        single,
        masked,
        !masked);
  }

  /** In one line, for people. */
  @Override
  public String toString() {
    return kernels.entrySet().stream()
        .map(entry -> entry.getKey().replace('_', ' ') + " " + entry.getValue())
        .collect(Collectors.joining(", ", "attention (" + implementation.publicName() + "): ", ""));
  }
}
