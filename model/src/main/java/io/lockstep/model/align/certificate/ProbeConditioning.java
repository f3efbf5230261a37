package io.lockstep.model.align.certificate;

import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Conditioning;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * How far a rounding moves the rows of what one path computes of one probe, see {@link
 * Conditioning}.
 *
 * @param layers for each layer, by selected row
 * @param logits by selected position
 */
@SuppressWarnings("ArrayRecordComponent")
record ProbeConditioning(SequencedMap<String, float[]> layers, float[] logits) {

  ProbeConditioning {
    layers = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(layers));
  }

  /** Nothing measured yet. */
  static ProbeConditioning none(ProbeValues values) {
    SequencedMap<String, float[]> layers = new LinkedHashMap<>();
    values.layers().forEach((name, rows) -> layers.put(name, Conditioning.unmoved(rows)));
    return new ProbeConditioning(layers, Conditioning.unmoved(values.logits()));
  }

  /** Takes what a disturbed pass computes into account. */
  void widen(ProbeValues values, ProbeValues disturbed) {
    layers.forEach(
        (name, moved) -> Conditioning.widen(moved, layer(values, name), layer(disturbed, name)));
    Conditioning.widen(logits, values.logits(), disturbed.logits());
  }

  private static Floats layer(ProbeValues values, String name) {
    Floats rows = values.layers().get(name);
    if (rows == null) {
      throw new IllegalStateException("a disturbed pass computes the layers of the usual one");
    }
    return rows;
  }
}
