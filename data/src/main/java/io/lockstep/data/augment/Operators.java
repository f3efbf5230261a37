package io.lockstep.data.augment;

import io.lockstep.config.Kinds;
import io.lockstep.data.augment.affine.HFlip;
import io.lockstep.data.augment.affine.Rotate;
import io.lockstep.data.augment.affine.Scale;
import io.lockstep.data.augment.affine.VFlip;
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
import io.lockstep.data.augment.patch.LineSegmentCopyPaste;
import io.lockstep.data.augment.patch.ObjectClusterCopyPaste;
import io.lockstep.data.augment.patch.SmallObjectZoomPaste;
import java.util.List;

/** Every operator that a configuration may name: a new one is a class and a line here. */
public final class Operators implements Kinds {

  @Override
  public List<Class<? extends Record>> types() {
    return List.of(
        HFlip.class,
        VFlip.class,
        Rotate.class,
        Scale.class,
        ResizeByScale.class,
        RandomCrop.class,
        PadToMultiple.class,
        SmallObjectZoomPaste.class,
        ObjectClusterCopyPaste.class,
        LineSegmentCopyPaste.class,
        ExpandToFitAffine.class,
        ColorJitter.class,
        Gamma.class,
        Hsv.class,
        Clahe.class,
        AutoContrast.class,
        Solarize.class,
        Posterize.class,
        Sharpness.class);
  }

  @Override
  public String noun() {
    return "operator";
  }

  @Override
  public String example() {
    return "{name: hflip, params: {prob: 0.5}}";
  }
}
