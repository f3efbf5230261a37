package io.lockstep.data.augment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.augment.operator.Arguments;
import io.lockstep.data.augment.operator.Interval;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.augment.operator.Parameter;
import java.util.List;
import java.util.function.Predicate;

/** Writes configurations as the block that is read. */
final class ConfigWriter {

  private ConfigWriter() {}

  static ObjectNode write(List<OperatorType> types, Settings configured, Curriculum curriculum) {
    ObjectNode block = JsonNodeFactory.instance.objectNode();
    block.put(ConfigReader.BYPASS, configured.bypassProbability());
    ArrayNode operators = block.putArray(ConfigReader.OPERATORS);
    for (int i = 0; i < types.size(); i++) {
      arguments(
          operators.addObject().putObject(types.get(i).name()),
          types.get(i),
          configured.arguments().get(i),
          parameter -> true);
    }
    if (!curriculum.phases().isEmpty()) {
      ArrayNode phases = block.putObject(ConfigReader.CURRICULUM).putArray(ConfigReader.PHASES);
      curriculum.phases().forEach(phase -> phase(phases.addObject(), phase, curriculum, types));
    }
    return block;
  }

  private static void phase(
      ObjectNode node, Curriculum.Phase phase, Curriculum curriculum, List<OperatorType> types) {
    switch (curriculum.unit()) {
      case PERCENT -> node.put(curriculum.unit().key(), phase.until());
      case STEP -> node.put(curriculum.unit().key(), (long) phase.until());
    }
    node.put(ConfigReader.BYPASS, phase.settings().bypassProbability());
    ObjectNode operators = node.putObject(ConfigReader.OPERATORS);
    for (int i = 0; i < types.size(); i++) {
      arguments(
          operators.putObject(types.get(i).name()),
          types.get(i),
          phase.settings().arguments().get(i),
          ConfigReader::isNumeric);
    }
  }

  private static void arguments(
      ObjectNode node, OperatorType type, Arguments arguments, Predicate<Parameter> which) {
    for (Parameter parameter : type.parameters()) {
      if (!which.test(parameter)) {
        continue;
      }
      String name = parameter.name();
      switch (parameter) {
        case Parameter.Numeric numeric -> {
          if (numeric.whole()) {
            node.put(name, arguments.integer(name));
          } else {
            node.put(name, arguments.number(name));
          }
        }
        case Parameter.Range ignored -> {
          Interval interval = arguments.interval(name);
          node.putArray(name).add(interval.low()).add(interval.high());
        }
        case Parameter.Flag ignored -> node.put(name, arguments.flag(name));
        case Parameter.Choice ignored -> node.put(name, arguments.text(name));
        case Parameter.Texts ignored -> {
          ArrayNode texts = node.putArray(name);
          arguments.texts(name).forEach(texts::add);
        }
      }
    }
  }
}
