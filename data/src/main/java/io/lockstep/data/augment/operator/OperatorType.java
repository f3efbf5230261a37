package io.lockstep.data.augment.operator;

import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Kind;
import io.lockstep.data.parameter.Parameter;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A kind of operator as configurations know it. Each also has {@code p}, the probability with which
 * it is applied to a sample; 1 unless a configuration says otherwise.
 *
 * @param name in configurations
 * @param family when it works
 * @param parameters all that it declares, {@code p} first
 * @param factory makes one with given arguments; throws IllegalArgumentException if they don't fit
 *     each other
 */
public record OperatorType(
    String name, Family family, List<Parameter> parameters, Function<Arguments, Operator> factory)
    implements Kind {

  /** The parameter that every operator has. */
  public static final String PROBABILITY = "p";

  /** When an operator works. */
  public enum Family {
    /** Accumulated into one map. */
    AFFINE,
    /** Where it stands, after the maps before it. */
    BARRIER,
    /** Where it stands, and no geometric operator may follow. */
    LAST_BARRIER,
    /** After all geometry. */
    COLOUR
  }

  /**
   * An operator of this kind.
   *
   * @throws IllegalArgumentException if the arguments don't fit each other
   */
  public Operator create(Arguments arguments) {
    return factory.apply(arguments);
  }

  /** An operator that maps pixels. */
  public static OperatorType affine(
      String name, Function<Arguments, AffineOperator> factory, Parameter... parameters) {
    return of(name, Family.AFFINE, factory::apply, parameters);
  }

  /** An operator that needs the picture as it is. */
  public static OperatorType barrier(
      String name, Function<Arguments, BarrierOperator> factory, Parameter... parameters) {
    return of(name, Family.BARRIER, factory::apply, parameters);
  }

  /** An operator after which the geometry is final. */
  public static OperatorType lastBarrier(
      String name, Function<Arguments, BarrierOperator> factory, Parameter... parameters) {
    return of(name, Family.LAST_BARRIER, factory::apply, parameters);
  }

  /** An operator that changes colours. */
  public static OperatorType colour(
      String name, Function<Arguments, ColourOperator> factory, Parameter... parameters) {
    return of(name, Family.COLOUR, factory::apply, parameters);
  }

  private static OperatorType of(
      String name, Family family, Function<Arguments, Operator> factory, Parameter... parameters) {
    Parameter probability = Parameter.number(PROBABILITY, 1, 0, 1);
    return new OperatorType(
        name,
        family,
        Stream.concat(Stream.of(probability), Stream.of(parameters)).toList(),
        factory);
  }
}
