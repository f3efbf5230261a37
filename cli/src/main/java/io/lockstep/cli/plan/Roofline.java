package io.lockstep.cli.plan;

import io.lockstep.benchmark.MachineRates;
import io.lockstep.benchmark.OperatorTimes;
import io.lockstep.cli.console.Table;
import io.lockstep.model.cost.NetworkWork;
import io.lockstep.model.cost.OperatorGroup;
import io.lockstep.model.cost.Work;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a step or a token takes at least on a machine, by group of operators, beside what it takes.
 *
 * @param what it is of, for people
 * @param rows the groups that have something to do
 * @param measured all of it, and what was between operators; nothing if it was not run
 */
public record Roofline(String what, List<Row> rows, Optional<OperatorTimes> measured) {

  private static final double GIGA = 1e9;
  private static final double MEGA = 1e6;
  private static final double MILLI = 1e3;

  public Roofline {
    rows = List.copyOf(rows);
  }

  /**
   * A group of operators.
   *
   * @param predicted seconds at least
   * @param byMemory whether moving takes longer than computing
   * @param measured seconds; nothing if it was not run
   */
  public record Row(
      String title,
      String key,
      Work work,
      double predicted,
      boolean byMemory,
      Optional<Double> measured) {

    private Optional<Double> ratio() {
      return measured.filter(_ -> predicted > 0).map(seconds -> seconds / predicted);
    }
  }

  /** A training step. */
  public static Roofline ofStep(
      String what, NetworkWork.Total work, MachineRates rates, Optional<OperatorTimes> measured) {
    return of(what, work, rates.flops(), rates.moved(), measured);
  }

  /** A further token, which reads more than it writes. */
  public static Roofline ofToken(
      String what, NetworkWork.Total work, MachineRates rates, Optional<OperatorTimes> measured) {
    // Its last product is one like the others.
    Map<OperatorGroup, List<Work>> pieces = new LinkedHashMap<>(work.pieces());
    List<Work> products = new ArrayList<>(work.of(OperatorGroup.PRODUCTS));
    products.addAll(work.of(OperatorGroup.HEAD));
    pieces.put(OperatorGroup.PRODUCTS, products);
    pieces.remove(OperatorGroup.HEAD);
    return of(what, new NetworkWork.Total(pieces), rates.flops(), rates.read(), measured);
  }

  private static Roofline of(
      String what,
      NetworkWork.Total work,
      double flops,
      double bytes,
      Optional<OperatorTimes> measured) {
    List<Row> rows = new ArrayList<>();
    for (OperatorGroup group : OperatorGroup.values()) {
      Optional<Double> seconds = measured.map(times -> times.seconds().getOrDefault(group, 0.0));
      if (work.of(group).isEmpty() && seconds.orElse(0.0) == 0) {
        continue;
      }
      Work sum = work.sum(group);
      rows.add(
          new Row(
              group.title(),
              group.key(),
              sum,
              work.of(group).stream().mapToDouble(piece -> piece.seconds(flops, bytes)).sum(),
              sum.bytes() / bytes > sum.flops() / flops,
              seconds));
    }
    return new Roofline(what, rows, measured);
  }

  /** The same with what workers tell each other. */
  public Roofline exchanging(int workers, long bytes, MachineRates rates) {
    List<Row> all = new ArrayList<>(rows);
    all.add(
        new Row(
            "gradients and weights of %d workers".formatted(workers),
            "exchange",
            new Work(0, (double) bytes),
            bytes / rates.loopback(),
            true,
            Optional.empty()));
    return new Roofline(what, all, measured);
  }

  private double predicted() {
    return rows.stream().mapToDouble(Row::predicted).sum();
  }

  /** The table with its title. */
  public String render() {
    Table table =
        new Table()
            .row("", "GFLOP", "MB", "limited by", "at least", "measured", "measured / at least");
    rows.forEach(row ->
        table.row(
            row.title(),
            giga(row.work().flops()),
            mega(row.work().bytes()),
            row.byMemory() ? "memory" : "compute",
            milliseconds(row.predicted()),
            row.measured().map(Roofline::milliseconds).orElse("-"),
            row.ratio().map(ratio -> hundredths(ratio)).orElse("-")));
    measured.ifPresent(
        times -> table.row("between operators", "", "", "", "", milliseconds(times.between()), ""));
    Work sum = rows.stream().map(Row::work).reduce(Work.NONE, Work::plus);
    table.row(
        "together",
        giga(sum.flops()),
        mega(sum.bytes()),
        "",
        milliseconds(predicted()),
        measured.map(times -> milliseconds(times.total())).orElse("-"),
        measured.map(times -> hundredths(times.total() / predicted())).orElse("-"));
    return what + ":\n" + table.render();
  }

  private static String milliseconds(double seconds) {
    return hundredths(seconds * MILLI) + " ms";
  }

  private static String hundredths(double value) {
    return String.format(Locale.ROOT, "%,.2f", value);
  }

  private static String mega(double value) {
    return String.format(Locale.ROOT, "%,.1f", value / MEGA);
  }

  private static String giga(double value) {
    return String.format(Locale.ROOT, "%,.3f", value / GIGA);
  }

  /** The same for programs; what was not measured is left out. */
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("predicted_s", predicted());
    measured.ifPresent(times -> {
      figures.put("measured_s", times.total());
      figures.put("between_operators_s", times.between());
      figures.put("ratio", times.total() / predicted());
    });
    figures.put("groups", rows.stream().map(Roofline::figures).toList());
    return figures;
  }

  private static Map<String, Object> figures(Row row) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("group", row.key());
    figures.put("flops", row.work().flops());
    figures.put("bytes", row.work().bytes());
    figures.put("limited_by", row.byMemory() ? "memory" : "compute");
    figures.put("predicted_s", row.predicted());
    row.measured().ifPresent(seconds -> figures.put("measured_s", seconds));
    row.ratio().ifPresent(ratio -> figures.put("ratio", ratio));
    return figures;
  }
}
