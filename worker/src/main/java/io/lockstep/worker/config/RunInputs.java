package io.lockstep.worker.config;

import io.lockstep.config.Key;
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
 * @param modelSha256 digest of the weights in {@code model.model}, as {@code lockstep digest}
 *     prints it; empty if they are drawn anew
 * @param adapterSha256 the same of {@code tuner.resume_from_checkpoint}
 * @param teacherSha256 the same of {@code rlhf.teacher_model}
 * @param poolSha256 of {@code custom.teacher_student.pool_jsonl}
 */
public record RunInputs(
    @Key(
            value = "Size of `data.train_jsonl`, or of those of all datasets.",
            min = 0,
            unit = "bytes")
        long dataBytes,
    @Key(
            value =
                "SHA-256 of `data.train_jsonl`, or of a fusion's digests one after the other; pictures are not included.",
            pattern = SHA256,
            patternInWords = DIGITS)
        String dataSha256,
    @Key(
            value = "Digest of the weights in `model.model`, as `lockstep digest` prints it.",
            pattern = SHA256,
            patternInWords = DIGITS)
        Optional<String> modelSha256,
    @Key(
            value = "The same of `tuner.resume_from_checkpoint`.",
            pattern = SHA256,
            patternInWords = DIGITS)
        Optional<String> adapterSha256,
    @Key(value = "The same of `rlhf.teacher_model`.", pattern = SHA256, patternInWords = DIGITS)
        Optional<String> teacherSha256,
    @Key(
            value = "SHA-256 of `custom.teacher_student.pool_jsonl`.",
            pattern = SHA256,
            patternInWords = DIGITS)
        Optional<String> poolSha256) {

  static final String SHA256 = "[0-9a-f]{64}";
  static final String DIGITS = "64 hexadecimal digits";

  /** Reads the files of a configuration. */
  public static RunInputs measure(RunConfig config) throws IOException {
    List<Path> data = config.datasets().stream().map(DatasetConfig::trainJsonl).toList();
    ModelSection model = config.model();
    Optional<String> adapter = Optional.empty();
    Optional<Path> resumed = config.tuner().resumeFromCheckpoint();
    if (resumed.isPresent()) {
      adapter = Optional.of(LoadedModel.storedSha256(resumed.get()));
    }
    Optional<String> teacher = Optional.empty();
    if (config.rlhf().isPresent()) {
      teacher = Optional.of(LoadedModel.storedSha256(config.rlhf().get().teacherModel()));
    }
    Optional<String> pool = Optional.empty();
    if (config.teacherStudent().isPresent()) {
      pool = Optional.of(Sha256.of(config.teacherStudent().get().poolJsonl()));
    }
    return new RunInputs(
        bytes(data),
        sha256(data),
        model.weights() == ModelSection.Weights.LOAD
            ? Optional.of(LoadedModel.storedSha256(model.model()))
            : Optional.empty(),
        adapter,
        teacher,
        pool);
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
}
