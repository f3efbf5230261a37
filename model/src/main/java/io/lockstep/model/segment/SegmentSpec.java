package io.lockstep.model.segment;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.Segment;
import io.lockstep.model.parameter.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A segment of a model and what of the trained parameters it has. The segments' slots and ranges
 * follow each other without gaps and cover the whole layout; a segment in which nothing is trained
 * has none.
 *
 * @param index its place, from 0
 * @param name for example {@code text_layer_3}
 * @param firstSlot first slot of the trained layout that belongs to it
 * @param endSlot the slot after the last
 * @param sharedSlots slots of earlier segments that it reads too: the embedding table of a tied
 *     head; their gradient is complete with the segment they belong to
 * @param needsPictures whether it takes part only in passes that have pictures
 * @param start first value of the flat buffer that belongs to it
 * @param end the value after the last, gaps after parameters included
 */
public record SegmentSpec(
    int index,
    String name,
    int firstSlot,
    int endSlot,
    List<Integer> sharedSlots,
    boolean needsPictures,
    long start,
    long end) {

  public SegmentSpec {
    sharedSlots = List.copyOf(sharedSlots);
  }

  /**
   * The segments of a model in order.
   *
   * @param trained what is trained of it: its own parameters, some of them, or an adapter's tensors
   * @throws IllegalArgumentException if the layout is not in the order of the segments, or names a
   *     parameter that the model has not
   */
  public static List<SegmentSpec> of(ModelConfig config, ParameterLayout trained) {
    return of(new Network(config), trained);
  }

  static List<SegmentSpec> of(Network network, ParameterLayout trained) {
    List<ParameterLayout.Slot> slots = trained.slots();
    List<SegmentSpec> specs = new ArrayList<>();
    int next = 0;
    for (Segment segment : network.segments()) {
      int first = next;
      while (next < slots.size() && network.owner(baseName(slots.get(next))) == segment.index()) {
        next++;
      }
      specs.add(
          new SegmentSpec(
              segment.index(),
              segment.name(),
              first,
              next,
              IntStream.range(0, slots.size())
                  .filter(slot -> segment.shared().contains(baseName(slots.get(slot))))
                  .boxed()
                  .toList(),
              segment.needsPictures(),
              offset(trained, first),
              offset(trained, next)));
    }
    if (next < slots.size()) {
      throw new IllegalArgumentException(
          "parameter "
              + slots.get(next).spec().name()
              + " comes after those of later segments: lay parameters out in order of computation");
    }
    return List.copyOf(specs);
  }

  /** A parameter's name in the base model; of an adapter's tensor, a name below its layer's. */
  private static String baseName(ParameterLayout.Slot slot) {
    String name = slot.spec().name();
    return name.startsWith(AdapterPlan.PREFIX) ? name.substring(AdapterPlan.PREFIX.length()) : name;
  }

  private static long offset(ParameterLayout layout, int slot) {
    return slot < layout.slots().size() ? layout.slots().get(slot).offset() : layout.size();
  }

  /** Whether the segment computes with anything that is trained. */
  public boolean trains() {
    return firstSlot < endSlot || !sharedSlots.isEmpty();
  }
}
