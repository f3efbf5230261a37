package io.lockstep.cli.command.train;

import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.Decoding;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.context.ContextExceededException;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.ModelSection;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunRecords;
import io.lockstep.worker.preflight.HealthChecks;
import io.lockstep.worker.preflight.RecordScan;
import io.lockstep.worker.preflight.TeacherStudentCheck;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Everything about a recipe that can be known before the first step. */
final class RunCheck {

  private static final int SHOWN_DATA_PROBLEMS = 50;

  /** Warnings of each kind and file that are shown. */
  private static final int SHOWN_WARNINGS = 3;

  /** Records of each file whose pictures are decoded. */
  private static final int DECODED_RECORDS = 256;

  private RunCheck() {}

  /**
   * All problems of the recipe's model folder and data, one line each.
   *
   * @param notes gets what else a person should know
   */
  static List<String> problems(RunConfig run, Consumer<String> notes) {
    List<String> problems = new ArrayList<>();
    checkModel(run.model(), problems);
    if (problems.isEmpty()) {
      checkTuning(run, problems);
    }
    List<String> dataProblems = new ArrayList<>();
    for (Path file : files(run)) {
      checkData(file, run.seed(), dataProblems, notes);
    }
    if (dataProblems.isEmpty()) {
      dataProblems.addAll(RecordScan.problems(run));
    }
    if (dataProblems.isEmpty()) {
      checkQuotas(run, dataProblems);
    }
    problems.addAll(dataProblems);
    if (problems.isEmpty()) {
      checkSamples(run, problems);
    }
    if (problems.isEmpty()) {
      checkTeaching(run, problems, notes);
    }
    return problems;
  }

  /** What the run would find before its first step. */
  private static void checkSamples(RunConfig run, List<String> problems) {
    try {
      problems.addAll(HealthChecks.problems(run));
    } catch (IOException | IllegalArgumentException | DataException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  /** Whether a run with demonstrations learns of both sides. */
  private static void checkTeaching(RunConfig run, List<String> problems, Consumer<String> notes) {
    if (run.teacherStudent().isEmpty()) {
      return;
    }
    Torch.start(1);
    try {
      problems.addAll(TeacherStudentCheck.problems(run, notes));
    } catch (IOException | IllegalArgumentException | DataException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  /** Each file once, however many datasets name it. */
  private static Set<Path> files(RunConfig run) {
    Set<Path> files = new LinkedHashSet<>();
    for (DatasetConfig dataset : run.datasets()) {
      files.add(dataset.trainJsonl());
      dataset.valJsonl().ifPresent(files::add);
    }
    run.teacherStudent().ifPresent(section -> files.add(section.poolJsonl()));
    return files;
  }

  private static void checkData(
      Path file, long seed, List<String> problems, Consumer<String> notes) {
    List<String> shown = new ArrayList<>();
    DataCheck.Result data =
        DataCheck.check(
            file,
            new DataCheck.Sink() {
              @Override
              public void problem(Problem problem, long ofItsKind) {
                if (shown.size() < SHOWN_DATA_PROBLEMS) {
                  shown.add(problem.toString());
                }
              }

              @Override
              public void warning(Problem warning, long ofItsKind) {
                if (ofItsKind <= SHOWN_WARNINGS) {
                  notes.accept(warning.asWarning());
                }
              }
            },
            new Decoding(DECODED_RECORDS, seed));
    if (data.decoded() > 0) {
      notes.accept(
          "%s: decoded %d pictures, those of %d of %d records%s"
              .formatted(
                  file,
                  data.decoded(),
                  Math.min(DECODED_RECORDS, data.records()),
                  data.records(),
                  data.records() <= DECODED_RECORDS
                      ? ""
                      : ", which the seed chose: `lockstep data check --decode` decodes all"));
    }
    problems.addAll(shown);
    if (data.problems() > shown.size()) {
      problems.add(
          "%d more problems in %s: see `lockstep data check`"
              .formatted(data.problems() - shown.size(), file));
    }
  }

  private static void checkQuotas(RunConfig run, List<String> problems) {
    try {
      var _ = RunRecords.read(run);
    } catch (IllegalArgumentException e) {
      problems.add("data.fusion: " + e.getMessage());
    }
  }

  private static void checkTuning(RunConfig run, List<String> problems) {
    try {
      var _ = TuningPlan.of(run);
      if (run.tuner().resumeFromCheckpoint().isPresent()) {
        AdapterBase.requireFit(run.tuner().resumeFromCheckpoint().get(), run.model().model());
      }
    } catch (InvalidAdapterException e) {
      problems.addAll(e.problems());
    } catch (IOException | InvalidConfigException | ContextExceededException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  private static void checkModel(ModelSection model, List<String> problems) {
    Path config = model.model().resolve("config.json");
    try {
      ModelFamilies.read(config);
    } catch (IOException | InvalidConfigException e) {
      problems.add(config + ": " + e.getMessage());
    }
    if (!Files.exists(model.model().resolve("tokenizer.json"))) {
      problems.add(model.model() + " holds no tokenizer.json");
    }
    if (model.weights() == ModelSection.Weights.LOAD && !TensorSource.anyIn(model.model())) {
      problems.add(
          model.model()
              + " holds no model.safetensors: add it, or set model.weights: initialise to start"
              + " from random weights");
    }
  }
}
