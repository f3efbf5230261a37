package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * A part of a network: its parameters, and what it computes from the outputs of parts before it.
 *
 * @param index its place, from 0
 * @param name for example {@code text_layer_3}
 * @param needsPictures whether it takes part only in passes that have pictures
 * @param parameters its own, in the order in which they are computed with
 * @param shared names of parameters of other segments that it reads too: the embedding table of a
 *     tied head
 * @param inputs the segments whose outputs it reads
 */
public record Segment(
    int index,
    String name,
    boolean needsPictures,
    List<ParameterSpec> parameters,
    List<String> shared,
    List<Integer> inputs,
    Computation computation) {

  /** From inputs to an output; temporaries belong to the innermost scope. */
  @FunctionalInterface
  public interface Computation {
    /**
     * Computes the output.
     *
     * @param inputs outputs of the segments that are read, in that order
     */
    NDArray apply(Weights weights, PassInputs pass, List<NDArray> inputs);
  }

  public Segment {
    parameters = List.copyOf(parameters);
    shared = List.copyOf(shared);
    inputs = List.copyOf(inputs);
  }

  /** The same with other inputs. */
  Segment reading(List<Integer> others) {
    return new Segment(index, name, needsPictures, parameters, shared, others, computation);
  }

  /** The same with another computation. */
  public Segment computing(Computation other) {
    return new Segment(index, name, needsPictures, parameters, shared, inputs, other);
  }

  /**
   * The walk through a network: computes segments in order, and closes every output after the last
   * segment that reads it.
   *
   * @param compute gets a segment's inputs and gives its output, which no scope closes before
   * @return the last segment's output
   */
  public static NDArray walk(
      List<Segment> segments, BiFunction<Segment, List<NDArray>, NDArray> compute) {
    Map<Integer, Integer> lastReaders = new HashMap<>();
    segments.forEach(
        segment -> segment.inputs().forEach(input -> lastReaders.put(input, segment.index())));
    Map<Integer, NDArray> outputs = new HashMap<>();
    for (Segment segment : segments) {
      List<NDArray> inputs =
          segment.inputs().stream()
              .map(input -> Objects.requireNonNull(outputs.get(input)))
              .toList();
      outputs.put(segment.index(), compute.apply(segment, inputs));
      for (int input : segment.inputs()) {
        if (Objects.requireNonNull(lastReaders.get(input)) == segment.index()) {
          Objects.requireNonNull(outputs.remove(input)).close();
        }
      }
    }
    return Objects.requireNonNull(outputs.get(segments.getLast().index()));
  }
}
