package io.lockstep.model.align.certificate;

import io.lockstep.model.image.Grid;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What training computed of a few of its own records.
 *
 * @param dtype type of the computation, for instance {@code float32}
 * @param computedWith library and processor capability, which decide the bits
 * @param attention what has computed attention, by place; empty in one that was written before this
 *     was stored
 * @param modelType {@code model_type} of the configuration
 * @param weightsSha256 SHA-256 over the stored tensors in name order
 * @param settings what the checkpoint's files say of how inputs are made and computed
 * @param batch what went into the network: all probes as one batch
 * @param entries one a probe, in the order of the batch's rows
 */
record Certificate(
    String dtype,
    String computedWith,
    SequencedMap<String, String> attention,
    String modelType,
    String weightsSha256,
    Settings settings,
    InputDigests batch,
    List<Entry> entries) {

  /** Name of the certificate in a checkpoint's folder. */
  static final String FILE_NAME = "alignment.json";

  /** Folder beside it with pictures and values. */
  static final String FOLDER = "alignment";

  /** File of the values, relative to the checkpoint's folder. */
  static final String VALUES = FOLDER + "/values.safetensors";

  /** Version of the format. */
  static final int SCHEMA = 2;

  /** The version before, which holds no conditioning. */
  static final int WITHOUT_CONDITIONING = 1;

  /** Most probes of a certificate. */
  static final int MAX_PROBES = 8;

  /** Most bytes of one picture. */
  static final long MAX_PICTURE_BYTES = 16L << 20;

  Certificate {
    attention = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(attention));
    entries = List.copyOf(entries);
  }

  /**
   * One probe.
   *
   * @param tokens of the whole exchange
   * @param labels the wanted tokens, -100 where nothing is learned
   * @param promptTokens tokens up to the last answer
   * @param grids of its pictures
   * @param inputs of the probe alone
   * @param selection the rows that {@code values} holds
   * @param conditioning how far roundings move those rows; null in a certificate that was written
   *     before this was measured
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Entry(
      Probe probe,
      int[] tokens,
      int[] labels,
      int promptTokens,
      List<Grid> grids,
      InputDigests inputs,
      Selection selection,
      ProbeValues values,
      @Nullable ProbeConditioning conditioning) {

    Entry {
      grids = List.copyOf(grids);
    }
  }
}
