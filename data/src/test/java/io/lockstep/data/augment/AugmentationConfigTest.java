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

  private static final String TURN =
      "the greatest angle to both sides, from 0 to 180, or [low, high] from -180 to 180";

  private static void assertProblem(String json, String problem) {
    assertEquals(List.of(problem), Configs.problems(json));
  }

  @Test
  void namesAloneTakeTheDeclaredDefaults() {
    AugmentationConfig config = Configs.good("{ops: ['hflip', {name: rotate, params: null}]}");

    assertEquals(
        List.of(
            new ConfiguredOperator(1, new HFlip()),
            new ConfiguredOperator(1, new Rotate(new Interval(-15, 15)))),
        config.at(Progress.END).ops());
  }

  @Test
  void writingAndReadingGivesAnEqualConfiguration() {
    AugmentationConfig config =
        Configs.good(
            "{bypass_prob: 0.25, ops: [{name: hflip, params: {prob: 0.5}}, {name: rotate, params: {max_deg: [-3, 4]}}],"
                + " curriculum: {phases: [{until_step: 10, ops: {rotate: {prob: 0.5}}}]}}");

    assertEquals(config, Configs.good(ConfigWriter.json(config)));
  }

  @Test
  void unknownNamesComeWithTheNearestOne() {
    assertProblem(
        "{ops: [{name: rotat, params: {}}]}",
        "augmentation.ops[0]: unknown operator 'rotat': did you mean 'rotate'?");
    assertProblem(
        "{ops: [{name: rotate, params: {degree: 3}}]}",
        "unknown key augmentation.ops[0].params.degree");
    assertProblem(
        "{ops: ['hflip'], bypas_prob: 0.1}",
        "unknown key augmentation.bypas_prob: did you mean 'bypass_prob'?");
  }

  @Test
  void aTurnIsOneAngleToBothSidesOrTheLeastAndTheGreatest() {
    for (String turn : List.of("20", "[-20, 20]")) {
      assertEquals(
          new Rotate(new Interval(-20, 20)),
          Configs.good("{ops: [{name: rotate, params: {max_deg: %s}}]}".formatted(turn))
              .ops()
              .getFirst()
              .operator());
    }
    for (String wrong : List.of("-20", "[1,2,3]", "[-181,0]", "\"far\"")) {
      assertProblem(
          "{ops: [{name: rotate, params: {max_deg: %s}}]}".formatted(wrong),
          "augmentation.ops[0].params.max_deg must be " + TURN + ", not " + wrong);
    }
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertEquals(
        List.of(
            "augmentation.bypass_prob must be between 0 and 1, not 1.5",
            "augmentation.ops[0].params.prob must be between 0 and 1, not -0.1",
            "augmentation.ops[1].params.max_deg must be " + TURN + ", not [5,-5]",
            "augmentation.ops[2].params.scale[1] must be between 0.1 and 10, not 11"),
        Configs.problems(
            "{bypass_prob: 1.5, ops: [{name: hflip, params: {prob: -0.1}}, {name: rotate, params: {max_deg: [5, -5]}},"
                + " {name: scale, params: {scale: [1, 11]}}]}"));
  }

  @Test
  void curriculaMustAscendInOneUnitAndNameConfiguredOperators() {
    assertProblem(
        "{ops: ['hflip'], curriculum: {phases: [{until_percent: 50}, {until_percent: 50}]}}",
        "augmentation.curriculum.phases[1].until_percent must be more than that of the phase"
            + " before");
    assertProblem(
        "{ops: ['hflip'], curriculum: {phases: [{until_percent: 50, until_step: 7}]}}",
        "augmentation.curriculum must use either until_percent or until_step, not both");
    assertProblem(
        "{ops: ['hflip'], curriculum: {phases: [{until_step: 5, ops: {hflop: {prob:" + " 1}}}]}}",
        "augmentation.curriculum.phases[0].ops: 'hflop' is not among the configured"
            + " operators: did you mean 'hflip'?");
    assertProblem(
        "{ops: ['hflip'], curriculum: {phases: [{bypass_prob: 0.5}]}}",
        "augmentation.curriculum.phases[0] must say where it ends: until_percent or until_step");
    assertProblem(
        "{ops: ['hflip'], curriculum: {phases: [{until_percent: 101}]}}",
        "augmentation.curriculum.phases[0].until_percent must be more than 0 and at most"
            + " 100, not 101");
  }

  @Test
  void numbersChangeLinearlyBetweenMilestones() {
    AugmentationConfig config =
        Configs.good(
            "{bypass_prob: 1, ops: [{name: rotate, params: {max_deg: [0, 0], prob: 0}}], curriculum: {phases:"
                + " [{until_percent: 50, bypass_prob: 0, ops: {rotate: {max_deg: [-10, 20],"
                + " prob: 1}}}, {until_percent: 100, ops: {rotate: {prob: 0.5}}}]}}");

    AugmentationConfig quarter = config.at(new Progress(25, 100));
    assertEquals(0.5, quarter.bypassProb());
    assertEquals(new Rotate(new Interval(-5, 10)), quarter.ops().getFirst().operator());
    assertEquals(0.75, config.at(new Progress(75, 100)).ops().getFirst().prob());
    assertEquals(0.5, config.at(Progress.END).ops().getFirst().prob());
  }

  @ParameterizedTest
  @MethodSource("everyNumber")
  void everyNumberOutOfItsRangeIsRefused(String operator, String parameter, Interval bounds) {
    for (double outside : new double[] {bounds.low() - 1, bounds.high() + 1}) {
      List<String> problems =
          Configs.problems(
              "{ops: [{name: %s, params: {%s: %s}}]}".formatted(operator, parameter, outside));

      assertTrue(
          problems.size() == 1
              && problems
                  .getFirst()
                  .contains(
                      parameter
                          + " must be "
                          + (operator.equals("rotate") && parameter.equals("max_deg")
                              ? TURN
                              : "between")),
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
