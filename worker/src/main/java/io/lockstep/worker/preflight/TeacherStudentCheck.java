package io.lockstep.worker.preflight;

import ai.djl.ndarray.NDArray;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.CrossEntropy;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.ObjectiveSums.Term;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.tensor.HostValues;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TeacherStudentConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Whether a run with demonstrations learns of both sides: computes, with the model that the run
 * starts from, the losses on the first samples that have some, and the gradient of each.
 */
public final class TeacherStudentCheck {

  /** Samples of the run's order among which some with demonstrations are looked for. */
  private static final long DRAWS = 2048;

  /** Samples whose losses are computed. */
  private static final int SAMPLES = 2;

  /** Samples with demonstrations that may be too long before that is a problem. */
  private static final int TOO_LONG = 32;

  private final RunConfig run;
  private final TeacherStudentConfig section;
  private final Consumer<String> notes;
  private final List<String> problems = new ArrayList<>();

  private TeacherStudentCheck(RunConfig run, TeacherStudentConfig section, Consumer<String> notes) {
    this.run = run;
    this.section = section;
    this.notes = notes;
  }

  /**
   * Everything that is wrong; nothing for a run without demonstrations.
   *
   * @param notes gets the losses, and the norms of their gradients
   * @throws IOException if the model's files can't be read
   */
  public static List<String> problems(RunConfig run, Consumer<String> notes) throws IOException {
    if (run.teacherStudent().isEmpty()) {
      return List.of();
    }
    TeacherStudentCheck check = new TeacherStudentCheck(run, run.teacherStudent().get(), notes);
    try (RunData data = new RunData(run);
        LoadedModel model = TuningPlan.of(run).load(run)) {
      check.check(data, model);
    } catch (SampleException e) {
      check.problems.add(String.valueOf(e.getMessage()));
    }
    return check.problems;
  }

  private void check(RunData data, LoadedModel model) throws SampleException {
    if (section.teacherRatio() == 0) {
      notes.accept("custom.teacher_student.teacher_ratio is 0: no sample gets a demonstration");
      return;
    }
    run.vision()
        .budget()
        .ifPresent(budget -> model.replaceTokenBudget(budget, "vision.token_budget"));
    List<Sample> samples = first(data, model);
    if (!samples.isEmpty()) {
      Batch batch = model.collator().collate(samples);
      side(model, batch, true, section.teacherLossWeight());
      side(model, batch, false, section.studentLossWeight());
    }
  }

  /** The first samples of the run's order that have demonstrations and are not too long. */
  private List<Sample> first(RunData data, LoadedModel model) throws SampleException {
    EpochPlan plan = data.plan();
    List<Sample> samples = new ArrayList<>();
    List<Sample> tooLong = new ArrayList<>();
    long draws = Math.min(DRAWS, plan.samples());
    for (long draw = 0; draw < draws && samples.size() < SAMPLES; draw++) {
      SampleRef ref = plan.at(draw);
      if (!hasDemonstrations(data, ref)) {
        continue;
      }
      Sample sample = data.samples().taught(model.encoder(), ref).sample();
      boolean fits = sample.tokens().length <= run.maxLength();
      (fits ? samples : tooLong).add(sample);
      if (tooLong.size() >= TOO_LONG && samples.isEmpty()) {
        break;
      }
    }
    if (!tooLong.isEmpty()) {
      String found =
          "%d of the first %d samples with demonstrations are longer than global_max_length (%d tokens), for example %s with %d"
              .formatted(
                  tooLong.size(),
                  tooLong.size() + samples.size(),
                  run.maxLength(),
                  tooLong.getFirst().name(),
                  tooLong.getFirst().tokens().length);
      if (samples.isEmpty()) {
        problems.add(found + ": raise it, or lower custom.teacher_student.num_teacher_samples");
      } else {
        notes.accept(found + ": each gives way to another sample when it is drawn");
      }
    } else if (samples.isEmpty()) {
      problems.add(
          "none of the first %d samples has demonstrations: raise custom.teacher_student.teacher_ratio (%s), or see that the targets hold picture records"
              .formatted(draws, section.teacherRatio()));
    }
    return samples;
  }

  private static boolean hasDemonstrations(RunData data, SampleRef draw) {
    try {
      return !data.samples().demonstrations(draw).isEmpty();
    } catch (DataException e) {
      // A record that can't be read is told of by the check of the data.
      return false;
    }
  }

  /** Computes the loss of one side alone and its gradient. */
  private void side(LoadedModel model, Batch batch, boolean ofTeacher, double weight) {
    Objective objective =
        new Objective(
            List.of(
                CrossEntropy.ofTeachers(ofTeacher ? 1 : 0),
                CrossEntropy.ofStudents(ofTeacher ? 0 : 1)));
    Targets targets = Targets.of(batch);
    SquareSum squares = new SquareSum();
    SegmentedModel.Outcome outcome =
        new SegmentedModel(model.config(), model.trainable(), true, objective)
            .pass(
                batch,
                targets,
                new int[0],
                objective.factorsAlone(batch, targets),
                new SeededDropout.Pass(run.seed(), 0, 0, 0),
                SegmentWeights.resident(model.trainable().trained()),
                (segment, gradients) -> gradients.forEach(squares::add));
    Term term = outcome.total().terms().get(ofTeacher ? 0 : 1);
    double norm = Math.sqrt(squares.sum) / targets.count();
    if (term.normaliser() == 0) {
      problems.add(
          term.name()
              + " has no token in the first samples with demonstrations: their answers are"
              + " empty");
      return;
    }
    double loss = term.sum() / term.normaliser();
    if (!(norm > 0 && norm < Double.POSITIVE_INFINITY)) {
      problems.add(
          "%s is %s on the first samples with demonstrations and the norm of its gradient is %s: nothing would be learned of it; see which parts of the model are trained"
              .formatted(term.name(), loss, norm));
      return;
    }
    notes.accept(
        "%s %.4f over %d tokens, gradient norm %.4g, weight %s%s"
            .formatted(
                term.name(),
                loss,
                term.normaliser(),
                norm,
                weight,
                weight == 0 ? ": logged, not learned" : ""));
  }

  private static final class SquareSum {
    private double sum;

    void add(NDArray gradient) {
      for (float value : HostValues.floats(gradient)) {
        sum += (double) value * value;
      }
    }
  }
}
