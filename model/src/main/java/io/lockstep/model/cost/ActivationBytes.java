package io.lockstep.model.cost;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * Memory of the activations of one forward and backward pass in float32, counted from the
 * configuration.
 *
 * <p>A pass goes segment by segment (patch embedding, blocks, mergers, decoder layers, head). While
 * a segment is computed, every result of an operator is there; afterwards its input and what
 * differentiation saves stay, or with gradient checkpointing its input alone. The most is there
 * when the last decoder layer is computed, in the head, or when the attention of the last layer is
 * differentiated. Left out are parameters, gradients, and the process itself.
 *
 * @param vision what the vision tower keeps for the backward pass, pixels included
 * @param decoder what the decoder keeps, the mask of padding included
 * @param segment what comes on top for the segment that needs most
 * @param peak most that is there at once
 */
public record ActivationBytes(long vision, long decoder, long segment, long peak) {

  /** The loss' log-softmax, its gradient and that of the logits. */
  private static final int HEAD_TABLES = 3;

  /** Selected rows, squares, normalised and weighted rows. */
  private static final int HEAD_ROWS = 4;

  /** Gradients of the weights and of the scores they come from. */
  private static final int SCORE_GRADIENTS = 2;

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

  /**
   * How it is trained.
   *
   * @param trained what is trained
   * @param checkpointing whether segments are computed again going back
   * @param adapter low-rank updates, if they are what is trained
   */
  public record Mode(
      ParameterLayout trained, boolean checkpointing, Optional<AdapterPlan> adapter) {

    /** Whether anything in the vision tower or its mergers is trained. */
    public boolean visionTrained() {
      return trained.slots().stream()
          .map(slot -> slot.spec().module())
          .anyMatch(module -> module == Module.VIT || module == Module.ALIGNER);
    }
  }

  /** Counts a pass. */
  public static ActivationBytes of(ModelConfig config, Load load, Mode mode) {
    TextConfig text = config.text();
    DecoderLayer layer = DecoderLayer.of(config, load, mode.adapter());
    VisionBlock block = VisionBlock.of(config, load, mode.adapter());
    double features = block.features(text.hiddenSize());
    double vision = block.pixels() + features;
    if (mode.visionTrained()) {
      vision += block.depth() * block.input();
      vision +=
          mode.checkpointing()
              ? 0
              : block.depth() * (block.saved() + block.scores()) + block.mergers();
    }
    double width = (double) load.tokens() * text.hiddenSize();
    double decoder = load.rows() * (double) load.length() * load.length() + 2 * width;
    decoder += text.layers() * (width + (mode.checkpointing() ? 0 : layer.saved()));
    double kept = mode.checkpointing() ? 0 : layer.saved();
    long positions = Math.min(load.supervised(), new Network(config).positionsAtOnce());
    double head =
        positions * HEAD_TABLES * (double) text.vocabSize()
            + load.supervised() * HEAD_ROWS * (double) text.hiddenSize();
    // From the second part on, its gradient of the table is added to that of the parts before.
    head += positions < load.supervised() ? (double) text.vocabSize() * text.hiddenSize() : 0;
    Dtype type = config.computeType();
    // Logits and what becomes of them are float32.
    head *= (double) Dtype.FLOAT32.bytes() / type.bytes();
    double goingBack = layer.saved() + SCORE_GRADIENTS * layer.scores() - kept;
    double segment = DoubleStream.of(layer.results() - kept, goingBack, head).max().orElseThrow();
    double inTower = vision + block.results() + block.input();
    inTower += mode.visionTrained() ? SCORE_GRADIENTS * block.scores() : 0;
    segment += rounded(config, mode);
    double peak = Math.max(vision + decoder + segment, inTower);
    return new ActivationBytes(
        type.bytes(Math.round(vision)),
        type.bytes(Math.round(decoder)),
        type.bytes(Math.round(segment)),
        type.bytes(Math.round(peak)));
  }

  /**
   * Weights that are rounded to a smaller type, which a graph holds as long as it is there: those
   * that are trained, as others are held in that type.
   */
  private static double rounded(ModelConfig config, Mode mode) {
    if (config.computeType() == Dtype.FLOAT32) {
      return 0;
    }
    return mode.checkpointing()
        ? SegmentSpec.of(config, mode.trained()).stream()
            .mapToLong(part -> part.end() - part.start())
            .max()
            .orElse(0)
        : mode.trained().elements();
  }

  /**
   * What a module's low-rank updates add, divided by its blocks.
   *
   * @param outputs copies of a layer's output
   */
  static double updates(
      Optional<AdapterPlan> adapter, Module module, double rows, int blocks, int outputs) {
    if (adapter.isEmpty()) {
      return 0;
    }
    AdapterPlan plan = adapter.get();
    int inputs = plan.config().dropout() > 0 ? 2 : 0;
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
