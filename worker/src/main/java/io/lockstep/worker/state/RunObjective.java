package io.lockstep.worker.state;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.Network;
import io.lockstep.model.objective.DetectionLosses;
import io.lockstep.model.objective.Distillation;
import io.lockstep.model.objective.JensenShannon;
import io.lockstep.model.objective.LossTerm;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.Objective.Teaching;
import io.lockstep.model.objective.Objective.Turns;
import io.lockstep.model.objective.Teacher;
import io.lockstep.model.objective.VisualDistillation;
import io.lockstep.worker.completion.Completions;
import io.lockstep.worker.config.DetectionSection;
import io.lockstep.worker.config.DistillationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TeacherStudentConfig;
import io.lockstep.worker.config.VisualKdConfig;
import io.lockstep.worker.loader.MicroBatch;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a run minimises, and on which answers; holds the teacher's weights if there is a teacher.
 */
public final class RunObjective implements AutoCloseable {

  private final Objective objective;
  private final @Nullable LoadedModel teacher;
  private final Optional<Completions> completions;

  private RunObjective(
      Objective objective, @Nullable LoadedModel teacher, Optional<Completions> completions) {
    this.objective = objective;
    this.teacher = teacher;
    this.completions = completions;
  }

  /** Loads what a run's objective needs besides the model that is trained. */
  public static RunObjective of(RunConfig config, LoadedModel student) throws IOException {
    Network network = new Network(student.config());
    double routerBalance = config.training().routerAuxLossCoef();
    List<LossTerm> detection = detection(config, student);
    if (config.rlhf().isEmpty()) {
      Optional<Turns> turns = config.teacherStudent().map(TeacherStudentConfig::turns);
      return of(Objective.of(network, Optional.empty(), turns, routerBalance, detection));
    }
    DistillationConfig rlhf = config.rlhf().get();
    LoadedModel teacher = LoadedModel.open(rlhf.teacherModel(), config.computing());
    Teaching teaching = teaching(config, rlhf, student, teacher);
    return new RunObjective(
        Objective.of(network, Optional.of(teaching), Optional.empty(), routerBalance, detection),
        teacher,
        Completions.of(config, rlhf, student, teacher));
  }

  /** An objective without a teacher, on the records' own answers. */
  public static RunObjective of(Objective objective) {
    return new RunObjective(objective, null, Optional.empty());
  }

  private static Teaching teaching(
      RunConfig config, DistillationConfig rlhf, LoadedModel student, LoadedModel teacher) {
    List<VisualKdConfig.Term> compared =
        config
            .custom()
            .activeVisualKd()
            .map(visual -> visual.terms(student.config()))
            .orElse(List.of());
    Set<String> wanted =
        compared.stream()
            .flatMap(each -> each.activations().stream())
            .collect(Collectors.toUnmodifiableSet());
    Teacher shared = new Teacher(teacher.network(), wanted);
    List<VisualDistillation> visual =
        compared.stream()
            .map(each ->
                new VisualDistillation(
                    each.name(), each.activations(), each.distance(), each.weight(), shared))
            .toList();
    Distillation distillation = new Distillation(shared, new JensenShannon(rlhf.beta(), 1));
    return new Teaching(distillation, rlhf.sftAlpha(), rlhf.lmbda() > 0, visual);
  }

  private static List<LossTerm> detection(RunConfig config, LoadedModel student) {
    if (config.custom().activeDetection().isEmpty()) {
      return List.of();
    }
    DetectionSection section = config.custom().activeDetection().get();
    return DetectionLosses.of(
        student.config().detection().orElseThrow(), section.matched(), section.focal());
  }

  /** The objective, valid until this is closed. */
  public Objective objective() {
    return objective;
  }

  /** The micro-batch that is learned: with answers that are written now, if the run has some. */
  public MicroBatch learned(MicroBatch drawn) {
    return completions.map(each -> each.write(drawn)).orElse(drawn);
  }

  @Override
  public void close() {
    if (teacher != null) {
      teacher.close();
    }
  }
}
