package io.lockstep.cli.report;

import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.PassTable;
import io.lockstep.worker.zero.StageCost;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which rank of a membership owns what of the training state, by the rules that its workers follow.
 *
 * @param stage of ZeRO
 * @param rows by rank
 */
record ZeroMap(StageCost.Subject subject, int stage, List<Row> rows) {

  private static final double MEBIBYTE = 1 << 20;
  private static final double PERCENT = 100;

  ZeroMap {
    rows = List.copyOf(rows);
  }

  /**
   * One rank.
   *
   * @param computes its virtual ranks
   * @param owned the range of the flat parameters that it owns, with gradients and moments
   * @param copied the range that it keeps a copy of; may be empty
   * @param cost what it holds at most
   */
  record Row(
      int rank, String worker, RankSpan computes, Range owned, Range copied, StageCost cost) {}

  /** The map of a membership. */
  static ZeroMap of(StageCost.Subject subject, int stage, List<String> members) {
    int world = members.size();
    PassTable passes = PassTable.even(subject.virtualRanks(), world, 1);
    Buckets buckets = subject.buckets();
    List<Row> rows = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
      Shard shard = new Shard(rank, world, subject.replicates());
      rows.add(
          new Row(
              rank,
              members.get(rank),
              RankSpan.of(subject.virtualRanks(), rank, world),
              buckets.range(shard.owned(buckets.count())),
              buckets.range(shard.copied(buckets.count())),
              StageCost.of(subject, stage, rank, passes)));
    }
    return new ZeroMap(subject, stage, rows);
  }

  /** What is shared out, in words. */
  String meaning() {
    String shared =
        switch (stage) {
          case 1 ->
              "the optimizer's moments are shared out; everybody has all weights and gradients";
          case 2 -> "moments and reduced gradients are shared out; everybody has all weights";
          default -> "moments, reduced gradients and weights are shared out";
        };
    return String.format(
        Locale.ROOT,
        "ZeRO stage %d: %s. What is trained is %,d values of float32 (%.1f MiB) in %d bucket%s%s.",
        stage,
        shared,
        subject.buckets().floats(),
        bytes(subject.buckets().whole()) / MEBIBYTE,
        subject.buckets().count(),
        subject.buckets().count() == 1 ? "" : "s",
        subject.replicates()
            ? "; each rank also keeps a copy of what the rank before it owns"
            : "");
  }

  String table(String label) {
    StringBuilder html = new StringBuilder();
    for (Row row : rows) {
      html.append("<tr><td class=\"n\">%d</td>".formatted(row.rank))
          .append("<td class=\"name\">%s</td>".formatted(Html.escape(row.worker)))
          .append(number("%d–%d".formatted(row.computes.first(), row.computes.end() - 1)))
          .append("<td>%s</td>".formatted(owns(row)))
          .append(mebibytes(bytes(row.owned)))
          .append(mebibytes(bytes(row.copied)))
          .append(mebibytes(row.cost.weightBytes()))
          .append(mebibytes(row.cost.gradientBytes()))
          .append(mebibytes(row.cost.optimizerBytes()))
          .append("</tr>");
    }
    return Html.table(
        label,
        "<th class=\"n\">rank</th><th>worker</th><th class=\"n\">virtual ranks</th><th>owns of the parameters</th>"
            + "<th class=\"n\">owned, MiB</th><th class=\"n\">copied, MiB</th><th class=\"n\">weights held, MiB</th>"
            + "<th class=\"n\">gradients at most, MiB</th><th class=\"n\">optimizer state, MiB</th>",
        html.toString());
  }

  /** A bar over the whole buffer, and the range in segments. */
  private String owns(Row row) {
    if (row.owned.floats() == 0) {
      return "nothing: there are more ranks than buckets";
    }
    List<String> segments =
        subject.segments().stream()
            .filter(segment ->
                row.owned.intersect(new Range(segment.start(), segment.end())).floats() > 0)
            .map(SegmentSpec::name)
            .toList();
    String named =
        segments.size() == 1
            ? segments.getFirst()
            : segments.getFirst() + " … " + segments.getLast();
    return "<div class=\"share\" aria-hidden=\"true\">%s%s</div>%s, values %,d to %,d"
        .formatted(
            bar("copied", row.copied),
            bar("", row.owned),
            Html.escape(named),
            row.owned.start(),
            row.owned.end() - 1);
  }

  private String bar(String kind, Range range) {
    double whole = subject.buckets().floats();
    return String.format(
        Locale.ROOT,
        "<i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\"></i>",
        kind,
        PERCENT * range.start() / whole,
        PERCENT * range.floats() / whole);
  }

  private static long bytes(Range range) {
    return Dtype.FLOAT32.bytes(range.floats());
  }

  private static String mebibytes(long bytes) {
    return number(String.format(Locale.ROOT, "%.2f", bytes / MEBIBYTE));
  }

  private static String number(String text) {
    return "<td class=\"n\">%s</td>".formatted(text);
  }
}
