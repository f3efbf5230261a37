package io.lockstep.model.cost;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.util.List;
import java.util.Optional;

/**
 * Memory of one forward and backward pass, counted from the configuration: what the allocator hands
 * out for activations, logits, the gradients that a segment's graph gives before they are copied to
 * their flat buffer, and weights that are rounded for bfloat16.
 *
 * <p>A pass goes segment by segment (patch embedding, blocks, mergers, decoder layers, head). While
 * a segment is computed, every result of an operator is there; afterwards its input and what
 * differentiation saves stay, or with gradient checkpointing its input alone. Which {@link Moment}
 * needs most depends on the shapes: {@link PassMoments} has them all. Left out are parameters, flat
 * buffers of gradients, and the process itself.
 *
 * @param vision what the vision tower keeps for the backward pass, pixels included
 * @param decoder what the decoder keeps, the mask of padding included
 * @param segment what comes on top when most is there
 * @param most when most is there
 */
public record ActivationBytes(long vision, long decoder, long segment, Moment most) {

  /**
   * A moment of a pass, and what is there then, in bytes.
   *
   * @param name what is computed
   * @param kept for the backward pass, of the segments before
   * @param computed of the segment that is computed
   * @param logits and what becomes of them
   * @param gradients of weights, where they are not in a flat buffer yet
   * @param rounded trained weights in the type that is computed in
   */
  public record Moment(
      String name, long kept, long computed, long logits, long gradients, long rounded) {

    /** All of it. */
    public long bytes() {
      return kept + computed + logits + gradients + rounded;
    }
  }

  /** Most that is there at once. */
  public long peak() {
    return most.bytes();
  }

  /**
   * What is computed at once.
   *
   * @param rows rows of the batch
   * @param length tokens of its longest row; all rows are padded to it
   * @param pictures number of its pictures
   * @param patchesOfPicture patches of each
   * @param supervised tokens with a label
   */
  public record Load(
      long rows, long length, long pictures, long patchesOfPicture, long supervised) {

    /** Refuses negative numbers. */
    public Load {
      if (rows < 0 || length < 0 || pictures < 0 || patchesOfPicture < 0 || supervised < 0) {
        throw new IllegalArgumentException("a load can't be negative");
      }
    }

    /** Tokens, padding included. */
    public long tokens() {
      return rows * length;
    }

    /** Patches of all pictures. */
    public long patches() {
      return pictures * patchesOfPicture;
    }
  }

  /** Where it is computed, which decides about the kernels of attention. */
  public enum Place {
    /**
     * A processor: libtorch has a fused kernel where each query head has a key-value head of its
     * own.
     */
    PROCESSOR,
    /**
     * A CUDA device. Libtorch 2.7 has fused kernels for grouped heads in bfloat16 without a mask
     * (FlashAttention), and for ungrouped heads in any case; none takes grouped heads and a mask
     * together: can_use_flash_attention and can_use_mem_efficient_attention in
     * aten/src/ATen/native/transformers/cuda/sdp_utils.cpp. A batch of one row has no mask.
     */
    CUDA
  }

  /**
   * How it is trained.
   *
   * @param trained what is trained
   * @param checkpointing whether segments are computed again going back
   * @param adapter low-rank updates, if they are what is trained
   * @param place where it is computed
   */
  public record Mode(
      ParameterLayout trained, boolean checkpointing, Optional<AdapterPlan> adapter, Place place) {

    /** On a processor. */
    public Mode(ParameterLayout trained, boolean checkpointing, Optional<AdapterPlan> adapter) {
      this(trained, checkpointing, adapter, Place.PROCESSOR);
    }

    /** Whether anything in the vision tower or its mergers is trained. */
    public boolean visionTrained() {
      return trained.slots().stream()
          .map(slot -> slot.spec().module())
          .anyMatch(module -> module == Module.VIT || module == Module.ALIGNER);
    }

    /** Whether attention of the decoder keeps no matrix of weights. */
    boolean fuses(ModelConfig config, Load load) {
      if (config.attention() == Attention.Implementation.EAGER) {
        return false;
      }
      boolean grouped = config.text().heads() != config.text().kvHeads();
      return !grouped
          || (place == Place.CUDA && config.computeType() == Dtype.BFLOAT16 && load.rows() == 1);
    }
  }

  /** Counts a pass. */
  public static ActivationBytes of(ModelConfig config, Load load, Mode mode) {
    return new PassMoments(config, load, mode).count();
  }

  /**
   * What a module's low-rank updates add, divided by its blocks.
   *
   * @param outputs copies of a layer's output
   * @param dropped copies of its input where dropout drops some: masks, and what is left
   */
  static double updates(
      Optional<AdapterPlan> adapter,
      Module module,
      double rows,
      int blocks,
      int outputs,
      double dropped) {
    if (adapter.isEmpty()) {
      return 0;
    }
    AdapterPlan plan = adapter.get();
    double inputs = plan.config().dropout() > 0 ? dropped : 0;
    return plan.layers().stream()
                .filter(layer -> layer.module() == module)
                .mapToDouble(
                    layer -> rows * (layer.width() + outputs * layer.out() + inputs * layer.in()))
                .sum()
            / blocks
        + joinedHalves(plan, module) / blocks;
  }

  /** Values of the tensors that a fixed half and a trained one are put together into. */
  private static double joinedHalves(AdapterPlan plan, Module module) {
    return plan.layers().stream()
        .filter(layer -> layer.module() == module && layer.fixed() > 0)
        .mapToDouble(layer -> (double) layer.width() * (layer.in() + layer.out()))
        .sum();
  }

  /**
   * The same of the updates of experts.
   *
   * @param rows tokens of all experts
   */
  static double expertUpdates(Optional<AdapterPlan> adapter, double rows, int blocks, int outputs) {
    return adapter.map(AdapterPlan::stacks).orElse(List.of()).stream()
            .mapToDouble(stack -> stack.rank() + (double) outputs * stack.out())
            .sum()
        * rows
        / blocks;
  }
}
