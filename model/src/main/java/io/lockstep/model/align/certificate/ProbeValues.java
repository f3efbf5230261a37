package io.lockstep.model.align.certificate;

import io.lockstep.model.align.Compare.Floats;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What one path through a model computes of one probe.
 *
 * @param layers the selected rows of each layer's output, in the order of computation
 * @param logits [selected positions, V]
 * @param loss mean cross entropy of the last answer's tokens
 */
record ProbeValues(SequencedMap<String, Floats> layers, Floats logits, double loss) {

  ProbeValues {
    layers = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(layers));
  }
}
