package io.lockstep.model.align.certificate;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.file.Sha256;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.AttentionKernels;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the certificate of a checkpoint whose weights are in its folder already. What it writes
 * depends on the parameters, the probes and the machine's arithmetic, not on time or the number of
 * workers.
 */
public final class CertificateWriter {

  /** Name of the logits among a probe's tensors; the others are layers. */
  static final String LOGITS = "logits";

  private static final Pattern EXTENSION = Pattern.compile("\\.[a-z0-9]{1,5}$");

  private final Path folder;
  private final TreeSet<String> written = new TreeSet<>();

  private CertificateWriter(Path folder) {
    this.folder = folder;
  }

  /**
   * Computes the probes through the training path and writes {@code alignment.json}, their pictures
   * and their values.
   *
   * @return the files written, relative to the folder
   */
  public static List<String> write(Path folder, LoadedModel model, List<Probe> probes)
      throws IOException {
    return write(folder, model, model.trainable().trained(), probes);
  }

  /**
   * The same with other values of what is trained, for example a copy that no further step changes;
   * from any one thread.
   *
   * @param trained the values that were saved, laid out as what is trained
   */
  public static List<String> write(
      Path folder, LoadedModel model, Parameters trained, List<Probe> probes) throws IOException {
    return write(folder, model, trained, probes, model.collator()::collate);
  }

  /** The same with another way to make a batch of samples, for tests of what that would do. */
  static List<String> write(
      Path folder,
      LoadedModel model,
      Parameters trained,
      List<Probe> probes,
      Function<List<Sample>, Batch> collator)
      throws IOException {
    if (probes.isEmpty() || probes.size() > Certificate.MAX_PROBES) {
      throw new IllegalArgumentException(
          "a certificate has 1 to %d probes, not %d"
              .formatted(Certificate.MAX_PROBES, probes.size()));
    }
    return new CertificateWriter(folder)
        .write(certificate(folder, model, trained, probes, collator));
  }

  private static Certificate certificate(
      Path folder,
      LoadedModel model,
      Parameters trained,
      List<Probe> probes,
      Function<List<Sample>, Batch> collator)
      throws IOException {
    List<EncodedProbe> encoded = new ArrayList<>();
    List<Selection> selections = new ArrayList<>();
    for (Probe probe : probes) {
      EncodedProbe one = EncodedProbe.of(model.encoder(), probe);
      encoded.add(one);
      selections.add(Selection.of(one, model.config(), probes.size()));
    }
    Batch batch = collator.apply(encoded.stream().map(EncodedProbe::sample).toList());
    List<ProbeValues> values = TrainingPath.values(model, trained, batch, encoded, selections);
    List<ProbeConditioning> conditioning =
        TrainingPath.conditioning(model, trained, batch, encoded, selections);
    List<Certificate.Entry> entries = new ArrayList<>();
    for (int row = 0; row < probes.size(); row++) {
      EncodedProbe one = encoded.get(row);
      entries.add(
          new Certificate.Entry(
              probes.get(row),
              one.sample().tokens(),
              one.sample().labels(),
              one.promptTokens(),
              one.grids(),
              InputDigests.of(collator.apply(List.of(one.sample()))),
              selections.get(row),
              values.get(row),
              conditioning.get(row)));
    }
    return new Certificate(
        model.config().computeType().publicName(),
        Torch.capability(),
        AttentionKernels.of(model.config()).kernels(),
        model.config().modelType(),
        LoadedModel.storedSha256(folder),
        Settings.ofSaved(folder, model),
        InputDigests.of(batch),
        entries);
  }

  private List<String> write(Certificate certificate) throws IOException {
    Files.createDirectory(folder.resolve(Certificate.FOLDER));
    values(certificate);
    String valuesSha256 = Sha256.of(folder.resolve(Certificate.VALUES));
    String json = CertificateJson.write(certificate, this::picture, valuesSha256);
    FileWrites.text(folder.resolve(Certificate.FILE_NAME), json);
    written.add(Certificate.FILE_NAME);
    return List.copyOf(written);
  }

  /** Stores a picture under its digest and returns that name. */
  private String picture(ImageSource source) throws IOException {
    byte[] bytes =
        switch (source) {
          case ImageSource.File(Path path) -> Files.readAllBytes(path);
          case ImageSource.Bytes(String ignored, byte[] content) -> content;
        };
    Matcher extension = EXTENSION.matcher(source.name().toLowerCase(Locale.ROOT));
    String name =
        Certificate.FOLDER + "/" + Sha256.of(bytes) + (extension.find() ? extension.group() : "");
    if (written.add(name)) {
      FileWrites.bytes(folder.resolve(name), bytes);
    }
    return name;
  }

  private void values(Certificate certificate) throws IOException {
    SequencedMap<String, Floats> tensors = new LinkedHashMap<>();
    for (int row = 0; row < certificate.entries().size(); row++) {
      ProbeValues values = certificate.entries().get(row).values();
      String prefix = valuePrefix(row);
      values.layers().forEach((name, rows) -> tensors.put(prefix + name, rows));
      tensors.put(prefix + LOGITS, values.logits());
    }
    for (int row = 0; row < certificate.entries().size(); row++) {
      ProbeConditioning moved = certificate.entries().get(row).conditioning();
      if (moved != null) {
        String prefix = conditioningPrefix(row);
        moved.layers().forEach((name, rows) -> tensors.put(prefix + name, floats(rows)));
        tensors.put(prefix + LOGITS, floats(moved.logits()));
      }
    }
    List<TensorInfo> infos =
        tensors.entrySet().stream()
            .map(entry -> new TensorInfo(entry.getKey(), DType.F32, entry.getValue().shape()))
            .toList();
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(folder.resolve(Certificate.VALUES), infos)) {
      for (Map.Entry<String, Floats> entry : tensors.entrySet()) {
        writer.write(entry.getKey(), entry.getValue().data());
      }
      writer.commit();
    }
    written.add(Certificate.VALUES);
  }

  private static Floats floats(float[] rows) {
    return Floats.of(rows, rows.length);
  }

  /** What the names of a probe's tensors begin with. */
  static String valuePrefix(int row) {
    return "probe_" + row + ".";
  }

  /** What the names of the conditioning of a probe's tensors begin with. */
  static String conditioningPrefix(int row) {
    return "conditioning_" + row + ".";
  }
}
