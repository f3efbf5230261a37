package io.lockstep.data.augment.affine;

import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.geometry.Affine;

/** Mirrors a picture: {@code hflip} left and right, {@code vflip} top and bottom. */
public enum Flips implements AffineOperator {
  HORIZONTAL {
    @Override
    public Affine matrix(int width, int height, Draws draws) {
      return Affine.horizontalFlip(width);
    }
  },
  VERTICAL {
    @Override
    public Affine matrix(int width, int height, Draws draws) {
      return Affine.verticalFlip(height);
    }
  };

  public static final OperatorType HFLIP = OperatorType.affine("hflip", arguments -> HORIZONTAL);
  public static final OperatorType VFLIP = OperatorType.affine("vflip", arguments -> VERTICAL);
}
