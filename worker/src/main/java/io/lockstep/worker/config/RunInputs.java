package io.lockstep.worker.config;

import io.lockstep.data.file.Sha256;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the files that a configuration names held when the run began: a run that goes on compares
 * them, because a path says nothing of what lies there.
 *
 * @param dataBytes size of {@code data.train_jsonl}, or of those of all datasets
 * @param dataSha256 of {@code data.train_jsonl}, lower-case hexadecimal, or of a fusion's digests
 *     one after the other; pictures are not included
 * @param modelSha256 digest of the weights in {@code model.path}, as {@code lockstep digest} prints
 *     it; empty if they are drawn anew
 * @param adapterSha256 the same of {@code model.adapter}
 */
public record RunInputs(
    long dataBytes,
    String dataSha256,
    Optional<String> modelSha256,
    Optional<String> adapterSha256) {

  private static final String SHA256 = "[0-9a-f]{64}";

  /** Reads the files of a configuration. */
  public static RunInputs measure(RunConfig config) throws IOException {
    List<Path> data = config.datasets().stream().map(DatasetConfig::trainJsonl).toList();
    RunConfig.ModelSource model = config.model();
    Optional<String> adapter = Optional.empty();
    if (model.adapter().isPresent()) {
      adapter = Optional.of(LoadedModel.storedSha256(model.adapter().get()));
    }
    return new RunInputs(
        bytes(data),
        sha256(data),
        model.weights() == RunConfig.Weights.LOAD
            ? Optional.of(LoadedModel.storedSha256(model.path()))
            : Optional.empty(),
        adapter);
  }

  private static long bytes(List<Path> files) throws IOException {
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private static String sha256(List<Path> files) throws IOException {
    List<String> digests = new ArrayList<>();
    for (Path file : files) {
      digests.add(Sha256.of(file));
    }
    return digests.size() == 1 ? digests.getFirst() : Sha256.of(String.join("", digests));
  }

  static RunInputs read(Section section) {
    RunInputs inputs =
        new RunInputs(
            section.longInteger("data_bytes", null, 0, Long.MAX_VALUE),
            sha256(section, "data_sha256").orElse(""),
            sha256(section, "model_sha256"),
            sha256(section, "adapter_sha256"));
    if (inputs.dataSha256.isEmpty()) {
      section.problem("data_sha256", "is missing: remove the section, it is filled in by the run");
    }
    section.finish();
    return inputs;
  }

  private static Optional<String> sha256(Section section, String key) {
    Optional<String> value = section.optionalString(key);
    value
        .filter(text -> !text.matches(SHA256))
        .ifPresent(
            text -> section.problem(key, "must be 64 hexadecimal digits, not '" + text + "'"));
    return value;
  }
}
