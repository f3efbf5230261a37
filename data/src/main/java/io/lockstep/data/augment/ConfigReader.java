package io.lockstep.data.augment;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.augment.operator.Operator;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.augment.operator.OperatorType.Family;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Configured;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;
import io.lockstep.data.parameter.ParameterReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads an {@code augmentation:} block and reports everything that is wrong with it. */
final class ConfigReader {

  static final String BYPASS = "bypass_prob";
  static final String OPERATORS = "operators";
  static final String CURRICULUM = "curriculum";
  static final String PHASES = "phases";

  private static final String ROOT = "augmentation";
  private static final Interval PROBABILITY = new Interval(0, 1);

  private final List<String> problems;
  private final ParameterReader parameters;

  ConfigReader(List<String> problems) {
    this.problems = problems;
    this.parameters = new ParameterReader(problems);
  }

  /** Whether a curriculum may change the parameter. */
  static boolean isNumeric(Parameter parameter) {
    return parameter instanceof Parameter.Numeric || parameter instanceof Parameter.Range;
  }

  AugmentationConfig read(JsonNode block) {
    if (!block.isObject()) {
      problems.add(ROOT + " must be a mapping with " + OPERATORS);
      return AugmentationConfig.NONE;
    }
    parameters.refuseUnknown(block, ROOT, List.of(BYPASS, OPERATORS, CURRICULUM));
    double bypass = bypass(block, ROOT).orElse(0.0);
    List<Configured<OperatorType>> operators =
        parameters.list(
            block.path(OPERATORS),
            ROOT + "." + OPERATORS,
            Operators.all(),
            "operator",
            "hflip: {p: 0.5}");
    List<OperatorType> types = operators.stream().map(Configured::kind).toList();
    checkOrder(types);
    Settings configured =
        new Settings(bypass, operators.stream().map(Configured::arguments).toList());
    checkFit(types, configured, ROOT + "." + OPERATORS);
    return new AugmentationConfig(
        types, configured, curriculum(block.path(CURRICULUM), types, configured));
  }

  private Optional<Double> bypass(JsonNode node, String path) {
    return node.has(BYPASS)
        ? parameters.number(node.get(BYPASS), PROBABILITY, path + "." + BYPASS)
        : Optional.empty();
  }

  private void checkOrder(List<OperatorType> types) {
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i).family() != Family.LAST_BARRIER) {
        continue;
      }
      for (OperatorType later : types.subList(i + 1, types.size())) {
        if (later.family() != Family.COLOUR) {
          problems.add(
              "%s.%s: %s must be the last one that moves pixels, but %s follows; put it behind"
                  .formatted(ROOT, OPERATORS, types.get(i).name(), later.name()));
        }
      }
    }
  }

  private void checkFit(List<OperatorType> types, Settings settings, String path) {
    for (int i = 0; i < types.size(); i++) {
      try {
        Operator _ = types.get(i).create(settings.arguments().get(i));
      } catch (IllegalArgumentException e) {
        problems.add(path + ": " + types.get(i).name() + " " + e.getMessage());
      }
    }
  }

  private Curriculum curriculum(JsonNode node, List<OperatorType> types, Settings configured) {
    String path = ROOT + "." + CURRICULUM;
    if (node.isMissingNode() || node.isNull()) {
      return Curriculum.NONE;
    }
    JsonNode list = node.path(PHASES);
    if (!node.isObject() || !list.isArray() || list.isEmpty()) {
      problems.add(path + " must be a mapping with " + PHASES + ", a list of at least one phase");
      return Curriculum.NONE;
    }
    parameters.refuseUnknown(node, path, List.of(PHASES));
    List<Curriculum.Phase> phases = new ArrayList<>();
    Curriculum.Unit unit = unit(list, path);
    Settings settings = configured;
    for (int i = 0; i < list.size(); i++) {
      String at = path + "." + PHASES + "[" + i + "]";
      settings = phaseSettings(list.get(i), types, settings, at);
      double until = until(list.get(i), unit, at);
      if (!phases.isEmpty() && until <= phases.getLast().until()) {
        problems.add("%s.%s must be more than that of the phase before".formatted(at, unit.key()));
      }
      phases.add(new Curriculum.Phase(until, settings));
    }
    return new Curriculum(unit, phases);
  }

  /** What the first phase counts; all must count the same. */
  private Curriculum.Unit unit(JsonNode list, String path) {
    boolean percent = false;
    boolean step = false;
    for (JsonNode phase : list) {
      percent |= phase.has(Curriculum.Unit.PERCENT.key());
      step |= phase.has(Curriculum.Unit.STEP.key());
    }
    if (percent && step) {
      problems.add(path + " must use either until_percent or until_step, not both");
    }
    return step && !percent ? Curriculum.Unit.STEP : Curriculum.Unit.PERCENT;
  }

  private double until(JsonNode phase, Curriculum.Unit unit, String at) {
    double most = unit == Curriculum.Unit.PERCENT ? 100 : Long.MAX_VALUE;
    if (!phase.has(unit.key())) {
      if (!phase.has(Curriculum.Unit.PERCENT.key()) && !phase.has(Curriculum.Unit.STEP.key())) {
        problems.add(at + " must say where it ends: until_percent or until_step");
      }
      return most;
    }
    JsonNode value = phase.get(unit.key());
    boolean whole = unit == Curriculum.Unit.PERCENT || value.isIntegralNumber();
    if (!value.isNumber() || !whole || !(value.doubleValue() > 0 && value.doubleValue() <= most)) {
      problems.add(
          "%s.%s must be %s, not %s"
              .formatted(
                  at,
                  unit.key(),
                  unit == Curriculum.Unit.PERCENT
                      ? "more than 0 and at most 100"
                      : "a whole number of steps, at least 1",
                  value));
      return most;
    }
    return value.doubleValue();
  }

  private Settings phaseSettings(
      JsonNode phase, List<OperatorType> types, Settings before, String at) {
    if (!phase.isObject()) {
      problems.add(at + " must be a mapping");
      return before;
    }
    parameters.refuseUnknown(
        phase,
        at,
        List.of(Curriculum.Unit.PERCENT.key(), Curriculum.Unit.STEP.key(), BYPASS, OPERATORS));
    double bypass = bypass(phase, at).orElse(before.bypassProbability());
    JsonNode changes = phase.path(OPERATORS);
    String path = at + "." + OPERATORS;
    if (!changes.isMissingNode() && !changes.isObject()) {
      problems.add(path + " must be a mapping of configured operators to parameters");
      return before;
    }
    List<String> configured = types.stream().map(OperatorType::name).toList();
    for (var property : changes.properties()) {
      if (!configured.contains(property.getKey())) {
        problems.add(
            "%s: '%s' is not among the configured operators%s"
                .formatted(
                    path, property.getKey(), ParameterReader.hint(property.getKey(), configured)));
      }
    }
    List<Arguments> arguments = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      OperatorType type = types.get(i);
      arguments.add(
          parameters.changed(
              type.parameters().stream().filter(ConfigReader::isNumeric).toList(),
              before.arguments().get(i),
              changes.path(type.name()),
              path + "." + type.name()));
    }
    Settings settings = new Settings(bypass, arguments);
    checkFit(types, settings, path);
    return settings;
  }
}
