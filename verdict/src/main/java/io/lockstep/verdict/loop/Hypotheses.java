package io.lockstep.verdict.loop;

import io.lockstep.verdict.artifact.HypothesisEventRow;
import io.lockstep.verdict.artifact.HypothesisRow;
import io.lockstep.verdict.reflection.Hypothesis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The hypotheses of a run, with the tickets that speak for each. */
final class Hypotheses {

  private static final String OPEN = "open";

  private final Map<String, HypothesisRow> byText = new LinkedHashMap<>();
  private final List<HypothesisEventRow> events = new ArrayList<>();

  /** Hears a hypothesis, anew or again. */
  void hear(Hypothesis heard, int epoch, int step) {
    HypothesisRow former = byText.get(heard.text());
    TreeSet<String> evidence = new TreeSet<>(heard.evidence());
    if (former == null) {
      String id = "H" + (byText.size() + 1);
      byText.put(
          heard.text(),
          new HypothesisRow(id, heard.text(), heard.falsifier(), List.copyOf(evidence), OPEN));
      event(epoch, step, id, "proposed", heard.evidence());
      return;
    }
    evidence.addAll(former.evidence());
    if (evidence.size() > former.evidence().size()) {
      byText.put(
          heard.text(),
          new HypothesisRow(
              former.id(),
              former.text(),
              former.falsifier(),
              List.copyOf(evidence),
              former.status()));
      event(epoch, step, former.id(), "supported", heard.evidence());
    }
  }

  /** Those that so many tickets speak for and that weren't tried yet. */
  List<HypothesisRow> ripe(int support) {
    return byText.values().stream()
        .filter(each -> each.status().equals(OPEN) && each.evidence().size() >= support)
        .toList();
  }

  /** Remembers what came of trying one. */
  void tried(HypothesisRow each, boolean accepted, int epoch, int step) {
    String status = accepted ? "accepted" : "refused";
    byText.put(
        each.text(),
        new HypothesisRow(each.id(), each.text(), each.falsifier(), each.evidence(), status));
    event(epoch, step, each.id(), status, each.evidence());
  }

  private void event(int epoch, int step, String id, String event, List<String> evidence) {
    events.add(new HypothesisEventRow(epoch, step, id, event, evidence));
  }

  List<HypothesisRow> all() {
    return List.copyOf(byText.values());
  }

  /** Events since this was asked last. */
  List<HypothesisEventRow> takeEvents() {
    List<HypothesisEventRow> taken = List.copyOf(events);
    events.clear();
    return taken;
  }
}
