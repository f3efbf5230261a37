package io.lockstep.data.augment;

import io.lockstep.data.augment.affine.Flips;
import io.lockstep.data.augment.affine.Rotate;
import io.lockstep.data.augment.affine.Scale;
import io.lockstep.data.augment.canvas.ExpandToFitAffine;
import io.lockstep.data.augment.canvas.PadToMultiple;
import io.lockstep.data.augment.canvas.RandomCrop;
import io.lockstep.data.augment.canvas.ResizeByScale;
import io.lockstep.data.augment.colour.AutoContrast;
import io.lockstep.data.augment.colour.Clahe;
import io.lockstep.data.augment.colour.ColorJitter;
import io.lockstep.data.augment.colour.Gamma;
import io.lockstep.data.augment.colour.Hsv;
import io.lockstep.data.augment.colour.Posterize;
import io.lockstep.data.augment.colour.Sharpness;
import io.lockstep.data.augment.colour.Solarize;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.augment.patch.PatchOperators;
import java.util.List;
import java.util.Optional;

/** Every operator that a configuration may name: a new one is a class and a line here. */
public final class Operators {

  private static final List<OperatorType> ALL =
      List.of(
          Flips.HFLIP,
          Flips.VFLIP,
          Rotate.TYPE,
          Scale.TYPE,
          ResizeByScale.TYPE,
          RandomCrop.TYPE,
          PadToMultiple.TYPE,
          PatchOperators.SMALL_OBJECT_ZOOM_PASTE,
          PatchOperators.OBJECT_CLUSTER_COPY_PASTE,
          PatchOperators.LINE_SEGMENT_COPY_PASTE,
          ExpandToFitAffine.TYPE,
          ColorJitter.TYPE,
          Gamma.TYPE,
          Hsv.TYPE,
          Clahe.TYPE,
          AutoContrast.TYPE,
          Solarize.TYPE,
          Posterize.TYPE,
          Sharpness.TYPE);

  private Operators() {}

  /** All of them, geometry before colour. */
  public static List<OperatorType> all() {
    return ALL;
  }

  /** The operator of that name. */
  public static Optional<OperatorType> find(String name) {
    return ALL.stream().filter(type -> type.name().equals(name)).findFirst();
  }
}
