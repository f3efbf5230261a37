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
import io.lockstep.worker.config.DetectionSection;
import io.lockstep.worker.config.DistillationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TeacherStudentConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a run minimises, and the teacher's weights if there is a teacher. */
public final class RunObjective implements AutoCloseable {

  private final Objective objective;
  private final @Nullable LoadedModel teacher;

  private RunObjective(Objective objective, @Nullable LoadedModel teacher) {
    this.objective = objective;
    this.teacher = teacher;
  }

  /** Loads what a run's objective needs besides the model that is trained. */
  public static RunObjective of(RunConfig config, LoadedModel student) throws IOException {
    Network network = new Network(student.config());
    double routerBalance = config.training().routerAuxLossCoef();
    List<LossTerm> detection = detection(config, student);
    if (config.rlhf().isEmpty()) {
      Optional<Turns> turns = config.teacherStudent().map(TeacherStudentConfig::turns);
      return new RunObjective(
          Objective.of(network, Optional.empty(), turns, routerBalance, detection), null);
    }
    DistillationConfig rlhf = config.rlhf().get();
    LoadedModel teacher = LoadedModel.open(rlhf.teacherModel());
    Distillation distillation =
        new Distillation(teacher.network(), new JensenShannon(rlhf.beta(), 1));
    Teaching teaching = new Teaching(distillation, rlhf.sftAlpha());
    return new RunObjective(
        Objective.of(network, Optional.of(teaching), Optional.empty(), routerBalance, detection),
        teacher);
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

  @Override
  public void close() {
    if (teacher != null) {
      teacher.close();
    }
  }
}
