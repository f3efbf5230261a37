package io.lockstep.data.augment.patch;

import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.bank.PieceRule;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Parameter;
import java.util.List;
import java.util.stream.Stream;

/** The operators that copy pieces, as configurations know them. */
public final class PatchOperators {

  private static final int LARGEST = 1 << 14;

  /** Copies small objects, enlarged. */
  public static final OperatorType SMALL_OBJECT_ZOOM_PASTE =
      OperatorType.barrier(
          "small_object_zoom_paste",
          arguments ->
              of(
                  arguments,
                  new SmallObjects(
                      arguments.number("max_size"),
                      arguments.number("max_line_length"),
                      arguments.number("context"),
                      arguments.number("overlap_threshold"),
                      arguments.texts("class_whitelist"))),
          declared(
              3,
              Parameter.interval("scale", 1.2, 2, 0.1, 16),
              Parameter.number("max_size", 96, 2, LARGEST),
              Parameter.number("max_line_length", 128, 1, LARGEST)));

  /** Copies groups of objects that lie close together. */
  public static final OperatorType OBJECT_CLUSTER_COPY_PASTE =
      OperatorType.barrier(
          "object_cluster_copy_paste",
          arguments ->
              of(
                  arguments,
                  new Clusters(
                      arguments.number("max_size"),
                      arguments.number("radius"),
                      arguments.integer("min_objects"),
                      arguments.integer("max_objects"),
                      arguments.number("context"),
                      arguments.number("overlap_threshold"),
                      arguments.texts("class_whitelist"))),
          declared(
              1,
              Parameter.interval("scale", 0.8, 1.2, 0.1, 16),
              Parameter.number("max_size", 320, 2, LARGEST),
              Parameter.number("radius", 24, 0, LARGEST),
              Parameter.integer("min_objects", 2, 1, 1000),
              Parameter.integer("max_objects", 8, 1, 1000)));

  /** Copies straight segments of lines. */
  public static final OperatorType LINE_SEGMENT_COPY_PASTE =
      OperatorType.barrier(
          "line_segment_copy_paste",
          arguments ->
              of(
                  arguments,
                  new LineSegments(
                      arguments.number("max_line_length"),
                      arguments.number("context"),
                      arguments.number("overlap_threshold"),
                      arguments.texts("class_whitelist"))),
          declared(
              2,
              Parameter.interval("scale", 0.8, 1.25, 0.1, 16),
              Parameter.number("max_line_length", 256, 4, LARGEST)));

  private PatchOperators() {}

  private static Parameter[] declared(int maxTargets, Parameter... own) {
    List<Parameter> common =
        List.of(
            Parameter.integer("max_targets", maxTargets, 1, 100),
            Parameter.integer("max_attempts", 20, 1, 1000),
            Parameter.number("context", 4, 0, 256),
            Parameter.number("overlap_threshold", 0.1, 0, 1),
            Parameter.number("line_buffer", 4, 0, 256),
            Parameter.choice("overlap_mode", "mask", "aabb"),
            Parameter.texts("class_whitelist"),
            Parameter.choice("source_mode", "self", "mixed", "bank"),
            Parameter.number("bank_add_prob", 0.5, 0, 1));
    return Stream.concat(Stream.of(own), common.stream()).toArray(Parameter[]::new);
  }

  private static BarrierOperator of(Arguments arguments, PieceRule rule) {
    return new CopyPaste(
        rule,
        CopyPaste.Source.of(arguments.text("source_mode")),
        arguments.number("bank_add_prob"),
        arguments.integer("max_targets"),
        arguments.integer("max_attempts"),
        arguments.interval("scale"),
        new Overlap(
            Overlap.Mode.of(arguments.text("overlap_mode")), arguments.number("line_buffer")),
        arguments.number("overlap_threshold"));
  }
}
