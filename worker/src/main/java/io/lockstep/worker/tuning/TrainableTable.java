package io.lockstep.worker.tuning;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How many parameters are trained in each part of a model.
 *
 * @param rows one for each part, and their sum as the last
 */
public record TrainableTable(List<Row> rows) {

  private static final double PERCENT = 100;

  /** Column titles. */
  public static final List<String> TITLES =
      List.of("module", "parameters", "trainable", "%", "adapters");

  /**
   * One part of the model.
   *
   * @param name its name, or {@code all}
   * @param total its parameters in the base model
   * @param trainable trained parameters, adapters included
   * @param adapters those of them that adapters add
   */
  public record Row(String name, long total, long trainable, long adapters) {

    /** Trained parameters in relation to all, adapters included, in percent. */
    public double percent() {
      long all = total + adapters;
      return all == 0 ? 0 : PERCENT * trainable / all;
    }

    /** The cells under the {@link #TITLES}. */
    public List<String> cells() {
      return List.of(
          name,
          count(total),
          count(trainable),
          String.format(Locale.ROOT, "%.3f", percent()),
          count(adapters));
    }

    private static String count(long number) {
      return String.format(Locale.ROOT, "%,d", number);
    }
  }

  public TrainableTable {
    rows = List.copyOf(rows);
  }

  static TrainableTable of(ParameterLayout base, ParameterLayout trained, boolean adapted) {
    List<Row> rows = new ArrayList<>();
    long total = 0;
    long trainable = 0;
    long adapters = 0;
    for (ParameterSpec.Module part : ParameterSpec.Module.values()) {
      long partTotal = elements(base, part);
      if (part == ParameterSpec.Module.DETECTION && partTotal == 0) {
        continue;
      }
      long partTrained = elements(trained, part);
      long partAdapters = adapted ? partTrained : 0;
      rows.add(new Row(part.name().toLowerCase(Locale.ROOT), partTotal, partTrained, partAdapters));
      total += partTotal;
      trainable += partTrained;
      adapters += partAdapters;
    }
    rows.add(new Row("all", total, trainable, adapters));
    return new TrainableTable(rows);
  }

  private static long elements(ParameterLayout layout, ParameterSpec.Module part) {
    return layout.slots().stream()
        .map(ParameterLayout.Slot::spec)
        .filter(spec -> spec.module() == part)
        .mapToLong(ParameterSpec::elements)
        .sum();
  }

  /** One line for each part, for logs. */
  public List<String> lines() {
    return rows.stream()
        .map(row ->
            String.format(
                Locale.ROOT,
                "%s: %,d of %,d parameters trained (%.3f %%), %,d of them in adapters",
                row.name(),
                row.trainable(),
                row.total(),
                row.percent(),
                row.adapters()))
        .toList();
  }
}
