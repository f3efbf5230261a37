package io.lockstep.data.augment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.ParameterWriter;
import java.util.List;

/** Writes configurations as the block that is read. */
final class ConfigWriter {

  private ConfigWriter() {}

  static ObjectNode write(List<OperatorType> types, Settings configured, Curriculum curriculum) {
    ObjectNode block = JsonNodeFactory.instance.objectNode();
    block.put(ConfigReader.BYPASS, configured.bypassProbability());
    ArrayNode operators = block.putArray(ConfigReader.OPERATORS);
    for (int i = 0; i < types.size(); i++) {
      ParameterWriter.write(
          operators.addObject().putObject(types.get(i).name()),
          types.get(i).parameters(),
          configured.arguments().get(i),
          parameter -> true);
    }
    if (!curriculum.phases().isEmpty()) {
      ArrayNode phases = block.putObject(ConfigReader.CURRICULUM).putArray(ConfigReader.PHASES);
      curriculum.phases().forEach(phase -> phase(phases.addObject(), phase, curriculum, types));
    }
    return block;
  }

  /** The parameters of an operator. */
  static ObjectNode write(OperatorType type, Arguments arguments) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ParameterWriter.write(node, type.parameters(), arguments, parameter -> true);
    return node;
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
      ParameterWriter.write(
          operators.putObject(types.get(i).name()),
          types.get(i).parameters(),
          phase.settings().arguments().get(i),
          ConfigReader::isNumeric);
    }
  }
}
