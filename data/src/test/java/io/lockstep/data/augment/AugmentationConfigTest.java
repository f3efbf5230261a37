package io.lockstep.data.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigWriter;
import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.config.Kinds;
import io.lockstep.data.augment.affine.HFlip;
import io.lockstep.data.augment.affine.Rotate;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AugmentationConfigTest {

  private static void assertProblem(String json, String problem) {
    assertEquals(List.of(problem), Configs.problems(json));
  }

  @Test
  void namesAloneTakeTheDeclaredDefaults() {
    AugmentationConfig config = Configs.good("{operators: ['hflip', {rotate: null}]}");

    assertEquals(
        List.of(
            new ConfiguredOperator(1, new HFlip()),
            new ConfiguredOperator(1, new Rotate(new Interval(-15, 15)))),
        config.at(Progress.END).operators());
  }

  @Test
  void writingAndReadingGivesAnEqualConfiguration() {
    AugmentationConfig config =
        Configs.good(
            "{bypass_prob: 0.25, operators: [{hflip: {p: 0.5}}, {rotate: {degrees: [-3, 4]}}],"
                + " curriculum: {phases: [{until_step: 10, operators: {rotate: {p: 0.5}}}]}}");

    assertEquals(config, Configs.good(ConfigWriter.json(config)));
  }

  @Test
  void unknownNamesComeWithTheNearestOne() {
    assertProblem(
        "{operators: [{rotat: {}}]}",
        "augmentation.operators[0]: unknown operator 'rotat': did you mean 'rotate'?");
    assertProblem(
        "{operators: [{rotate: {degree: 3}}]}",
        "unknown key augmentation.operators[0].rotate.degree: did you mean 'degrees'?");
    assertProblem(
        "{operators: ['hflip'], bypas_prob: 0.1}",
        "unknown key augmentation.bypas_prob: did you mean 'bypass_prob'?");
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertEquals(
        List.of(
            "augmentation.bypass_prob must be between 0 and 1, not 1.5",
            "augmentation.operators[0].hflip.p must be between 0 and 1, not -0.1",
            "augmentation.operators[1].rotate.degrees must have the lower number first, is [5,-5]",
            "augmentation.operators[2].scale.scale[1] must be between 0.1 and 10, not 11"),
        Configs.problems(
            "{bypass_prob: 1.5, operators: [{hflip: {p: -0.1}}, {rotate: {degrees: [5, -5]}},"
                + " {scale: {scale: [1, 11]}}]}"));
  }

  @Test
  void curriculaMustAscendInOneUnitAndNameConfiguredOperators() {
    assertProblem(
        "{operators: ['hflip'], curriculum: {phases: [{until_percent: 50}, {until_percent: 50}]}}",
        "augmentation.curriculum.phases[1].until_percent must be more than that of the phase"
            + " before");
    assertProblem(
        "{operators: ['hflip'], curriculum: {phases: [{until_percent: 50, until_step: 7}]}}",
        "augmentation.curriculum must use either until_percent or until_step, not both");
    assertProblem(
        "{operators: ['hflip'], curriculum: {phases: [{until_step: 5, operators: {hflop: {p:"
            + " 1}}}]}}",
        "augmentation.curriculum.phases[0].operators: 'hflop' is not among the configured"
            + " operators: did you mean 'hflip'?");
    assertProblem(
        "{operators: ['hflip'], curriculum: {phases: [{bypass_prob: 0.5}]}}",
        "augmentation.curriculum.phases[0] must say where it ends: until_percent or until_step");
    assertProblem(
        "{operators: ['hflip'], curriculum: {phases: [{until_percent: 101}]}}",
        "augmentation.curriculum.phases[0].until_percent must be more than 0 and at most"
            + " 100, not 101");
  }

  @Test
  void numbersChangeLinearlyBetweenMilestones() {
    AugmentationConfig config =
        Configs.good(
            "{bypass_prob: 1, operators: [{rotate: {degrees: [0, 0], p: 0}}], curriculum: {phases:"
                + " [{until_percent: 50, bypass_prob: 0, operators: {rotate: {degrees: [-10, 20],"
                + " p: 1}}}, {until_percent: 100, operators: {rotate: {p: 0.5}}}]}}");

    AugmentationConfig quarter = config.at(new Progress(25, 100));
    assertEquals(0.5, quarter.bypassProb());
    assertEquals(new Rotate(new Interval(-5, 10)), quarter.operators().getFirst().operator());
    assertEquals(0.75, config.at(new Progress(75, 100)).operators().getFirst().p());
    assertEquals(0.5, config.at(Progress.END).operators().getFirst().p());
  }

  @ParameterizedTest
  @MethodSource("everyNumber")
  void everyNumberOutOfItsRangeIsRefused(String operator, String parameter, Interval bounds) {
    for (double outside : new double[] {bounds.low() - 1, bounds.high() + 1}) {
      List<String> problems =
          Configs.problems("{operators: [{%s: {%s: %s}}]}".formatted(operator, parameter, outside));

      assertTrue(
          problems.size() == 1 && problems.getFirst().contains(parameter + " must be between"),
          () -> parameter + " = " + outside + ": " + problems);
    }
  }

  static List<Object[]> everyNumber() {
    List<Object[]> all = new ArrayList<>();
    for (Class<? extends Record> type : new Operators().types()) {
      numbers(type, Kinds.name(type), all);
    }
    return all;
  }

  private static void numbers(Class<?> type, String operator, List<Object[]> all) {
    for (RecordComponent component : type.getRecordComponents()) {
      Key key = component.getAnnotation(Key.class);
      if (key.inline()) {
        numbers(component.getType(), operator, all);
      } else if (Double.isFinite(key.min()) && component.getType() != List.class) {
        String name =
            key.name().isEmpty()
                ? component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT)
                : key.name();
        all.add(new Object[] {operator, name, new Interval(key.min(), key.max())});
      }
    }
  }
}
