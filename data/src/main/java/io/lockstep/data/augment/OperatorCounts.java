package io.lockstep.data.augment;

import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Counts, by operator, the pictures that it was applied to and those that it left alone. Operators
 * of one name are counted together; confined to a thread.
 *
 * <p>Names are {@code aug/<operator>_applied} and {@code aug/<operator>_skipped}, which together
 * are all pictures; of the skipped ones {@code aug/<operator>_skipped_<reason>} were drawn and left
 * as they are for a reason of the operator's own; {@code aug/<operator>_objects_dropped} are
 * objects.
 */
public final class OperatorCounts implements PipelineWatch {

  /** How all names begin. */
  public static final String PREFIX = "aug/";

  private static final String APPLIED = "_applied";
  private static final String SKIPPED = "_skipped";
  private static final String DROPPED = "_objects_dropped";

  private final SortedMap<String, Long> counts = new TreeMap<>();

  /** Every name that is counted with a configuration. */
  public static SortedSet<String> names(AugmentationConfig config) {
    SortedSet<String> names = new TreeSet<>();
    for (ConfiguredOperator each : config.ops()) {
      names.add(PREFIX + each.name() + APPLIED);
      names.add(PREFIX + each.name() + SKIPPED);
      if (each.operator() instanceof BarrierOperator barrier) {
        barrier
            .skipReasons()
            .forEach(reason -> names.add(PREFIX + each.name() + SKIPPED + "_" + reason));
        if (barrier.dropsObjects()) {
          names.add(PREFIX + each.name() + DROPPED);
        }
      }
    }
    return Collections.unmodifiableSortedSet(names);
  }

  /** The counts of pictures that all operators of a configuration leave alone. */
  public static SortedMap<String, Long> allSkipped(AugmentationConfig config, int pictures) {
    OperatorCounts counts = new OperatorCounts();
    for (int picture = 0; picture < pictures; picture++) {
      config.ops().forEach(each -> counts.skipped(each.name()));
    }
    return counts.counts();
  }

  /** What was counted, without zeros. */
  public SortedMap<String, Long> counts() {
    return Collections.unmodifiableSortedMap(new TreeMap<>(counts));
  }

  @Override
  public void applied(String operator) {
    add(operator + APPLIED, 1);
  }

  @Override
  public void skipped(String operator) {
    add(operator + SKIPPED, 1);
  }

  @Override
  public void skipped(String operator, String reason) {
    add(operator + SKIPPED, 1);
    add(operator + SKIPPED + "_" + reason, 1);
  }

  @Override
  public void dropped(String operator, int objects) {
    if (objects > 0) {
      add(operator + DROPPED, objects);
    }
  }

  private void add(String name, long count) {
    counts.merge(PREFIX + name, count, Long::sum);
  }
}
