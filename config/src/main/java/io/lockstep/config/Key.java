package io.lockstep.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares a component of a record as a key of a configuration: everything that reading, writing,
 * comparing and documenting it needs. A nested record is a section, a list of records a list of
 * sections, an enum one of its constants in lower case; an {@code Optional} may be left out. On a
 * record that is one of some {@link Kinds} it says what that is.
 */
@Documented
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Key {

  /** One sentence for the reference: what it is. */
  String value() default "";

  /**
   * Its name in files, if it is not the component's in snake case (with the unit of a duration).
   */
  String name() default "";

  /** Its value if it is left out, as it would be written; a key without one is required. */
  String otherwise() default "";

  /**
   * The key whose value it takes if it is left out; looked for from its own section outwards, and
   * before an entry of a list in the one before it.
   */
  String like() default "";

  /** What the sections of a list are given if they leave it out, as YAML. */
  String defaults() default "{}";

  /** The least number that is allowed; of a list, the least number of entries. */
  double min() default Double.NEGATIVE_INFINITY;

  /** Whether the least number is itself refused. */
  boolean aboveMin() default false;

  /** The greatest number that is allowed. */
  double max() default Double.POSITIVE_INFINITY;

  /** What numbers count; of a duration {@code seconds} or {@code millis}. */
  String unit() default "";

  /** A regular expression for the whole text. */
  String pattern() default "";

  /** The expression in words. */
  String patternInWords() default "";

  /** What to do about a refused value, where that is not plain. */
  String remedy() default "";

  /** Whether another value gives other weights; of a section, whether any of its keys may. */
  boolean changesWeights() default true;

  /** Whether the program fills it in when a run begins; older files lack it. */
  boolean filledIn() default false;

  /** Whether something must lie at the path. */
  boolean mustExist() default false;

  /** Whether the section may be the path of a file that holds it, as it is or under its name. */
  boolean file() default false;

  /** Another name for it at the top of the file. */
  String also() default "";

  /** Whether the keys of the nested record stand among those of this one. */
  boolean inline() default false;

  /** Of what kinds the entries of a list are, each of which is named; at most one. */
  Class<? extends Kinds>[] kinds() default {};

  /** Whether such a list says what becomes of the numbers of the one that it is {@link #like}. */
  boolean changes() default false;

  /** How its value stands in files, if its type doesn't say; at most one. */
  Class<? extends Form<?>>[] form() default {};
}
