package io.lockstep.model.align.certificate;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Decoder;
import io.lockstep.model.generate.Profile;
import io.lockstep.tensor.Autograd;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes probes as serving does: the prompts at once, then the answers token by token through the
 * cache of keys and values; each token is the one given, not the one the model would choose.
 */
final class ServingPath {

  private final int mergedPatches;
  private final List<EncodedProbe> probes;
  private final List<ValueCollector> collectors = new ArrayList<>();
  private final int longestPrompt;

  /** Number of tokens fed after the prompts; -1 while the prompts are computed. */
  private int step = -1;

  private ServingPath(LoadedModel model, List<EncodedProbe> probes, List<Selection> selections) {
    int mergeSize = model.config().vision().spatialMergeSize();
    this.mergedPatches = mergeSize * mergeSize;
    this.probes = probes;
    this.longestPrompt = probes.stream().mapToInt(EncodedProbe::promptTokens).max().orElseThrow();
    for (int row = 0; row < probes.size(); row++) {
      collectors.add(new ValueCollector(probes.get(row), selections.get(row)));
    }
  }

  static List<ProbeValues> values(
      LoadedModel model, List<EncodedProbe> probes, List<Selection> selections) {
    ServingPath path = new ServingPath(model, probes, selections);
    Autograd.inference(() -> path.run(model));
    return path.collectors.stream().map(ValueCollector::finish).toList();
  }

  private void run(LoadedModel model) {
    int steps = probes.stream().mapToInt(EncodedProbe::answerPositions).max().orElseThrow() - 1;
    try (Decoder decoder =
        Decoder.open(
            Profile.CACHED,
            model.network(),
            model.collator(),
            probes.stream().map(EncodedProbe::prompt).toList(),
            Math.max(1, steps),
            this::layer)) {
      logits(decoder.first());
      for (step = 0; step < steps; step++) {
        logits(decoder.next(tokens()));
      }
    }
    detections(model);
  }

  /** The tokens of this step; a row that has ended repeats its last one, which nobody looks at. */
  private int[] tokens() {
    return probes.stream()
        .mapToInt(probe -> {
          int[] tokens = probe.sample().tokens();
          return tokens[Math.min(probe.promptTokens() + step, tokens.length - 1)];
        })
        .toArray();
  }

  /** What the detection head finds in the prompts' pictures, if the model has one. */
  private void detections(LoadedModel model) {
    Batch batch = model.collator().collate(probes.stream().map(EncodedProbe::prompt).toList());
    if (model.detector().isEmpty() || batch.patches() == 0) {
      return;
    }
    float[] values = model.detector().get().predictions(batch);
    for (int row = 0; row < probes.size(); row++) {
      if (probes.get(row).prompt().images().size() == 1) {
        collectors.get(row).detections(values, row, model.config().detection().orElseThrow());
      }
    }
  }

  private void layer(String name, NDArray activation) {
    int firstPatch = 0;
    for (int row = 0; row < probes.size(); row++) {
      EncodedProbe probe = probes.get(row);
      ValueCollector collector = collectors.get(row);
      if (!name.startsWith("text_")) {
        collector.vision(name, activation, firstPatch, mergedPatches);
        firstPatch += probe.patches();
      } else if (step < 0) {
        int last = probe.promptTokens() - 1;
        collector.text(name, activation, (row + 1L) * longestPrompt - 1, last);
      } else {
        collector.text(name, activation, row, probe.promptTokens() + step);
      }
    }
  }

  private void logits(float[][] logits) {
    for (int row = 0; row < logits.length; row++) {
      int position = probes.get(row).promptTokens() + step;
      if (probes.get(row).answersAt(position)) {
        collectors.get(row).logits(logits[row], position);
      }
    }
  }
}
