package io.lockstep.data.augment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.CopiesPatches;
import io.lockstep.data.augment.operator.Operator;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.bank.BankRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a configuration's {@code augmentation:} block says, complete and valid. */
public final class AugmentationConfig {

  /** Changes nothing. */
  public static final AugmentationConfig NONE =
      new AugmentationConfig(List.of(), new Settings(0, List.of()), Curriculum.NONE);

  private final List<OperatorType> types;
  private final Settings configured;
  private final Curriculum curriculum;

  AugmentationConfig(List<OperatorType> types, Settings configured, Curriculum curriculum) {
    this.types = List.copyOf(types);
    this.configured = configured;
    this.curriculum = curriculum;
  }

  /**
   * Reads a block. Everything that is wrong with it becomes a problem; the result may be used only
   * if there is none.
   *
   * @param block a mapping with {@code bypass_prob}, {@code operators} and {@code curriculum}
   * @param problems gets a line for each problem
   */
  public static AugmentationConfig read(JsonNode block, List<String> problems) {
    return new ConfigReader(problems).read(block);
  }

  /** The block again, defaults filled in; reading it gives an equal configuration. */
  public ObjectNode toJson() {
    return ConfigWriter.write(types, configured, curriculum);
  }

  /** The same without its curriculum: what is configured, from the first step to the last. */
  public AugmentationConfig withoutCurriculum() {
    return new AugmentationConfig(types, configured, Curriculum.NONE);
  }

  /** The operators, in their order. */
  public List<OperatorType> types() {
    return types;
  }

  /** Whether there may be objects that an operator drops, adds or describes otherwise. */
  public boolean changesObjects() {
    return operatorsAt(Progress.END).stream()
        .anyMatch(
            operator -> operator instanceof BarrierOperator barrier && barrier.changesObjects());
  }

  /**
   * Whether pieces of other pictures are copied: all workers have to sit on one node then, where
   * they share the bank's folder.
   */
  public boolean needsPatchBank() {
    return !bankRules(Progress.END).isEmpty();
  }

  List<BankRule> bankRules(Progress progress) {
    List<BankRule> rules = new ArrayList<>();
    for (Operator operator : operatorsAt(progress)) {
      if (operator instanceof CopiesPatches copies) {
        copies.bankRule().ifPresent(rules::add);
      }
    }
    return rules;
  }

  /**
   * What an operator is configured to at a point of the run, as it would be written in a file.
   *
   * @param operator the name of one or more configured operators
   * @return the operator with its parameters; just the name if it isn't configured
   */
  public String describe(String operator, Progress progress) {
    List<String> found = new ArrayList<>();
    Settings settings = at(progress);
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i).name().equals(operator)) {
        found.add(operator + " " + ConfigWriter.write(types.get(i), settings.arguments().get(i)));
      }
    }
    return found.isEmpty() ? operator : String.join(", ", found);
  }

  Settings at(Progress progress) {
    return curriculum.at(progress, configured);
  }

  List<Operator> operatorsAt(Progress progress) {
    Settings settings = at(progress);
    List<Operator> operators = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      operators.add(types.get(i).create(settings.arguments().get(i)));
    }
    return operators;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AugmentationConfig config
        && types.equals(config.types)
        && configured.equals(config.configured)
        && curriculum.equals(config.curriculum);
  }

  @Override
  public int hashCode() {
    return Objects.hash(types, configured, curriculum);
  }

  @Override
  public String toString() {
    return toJson().toString();
  }
}
