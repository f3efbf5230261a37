package io.lockstep.model.safetensors;

import io.lockstep.tensor.Dtype;
import java.util.Optional;

/** Element types of the format; the constants' names are the names in its header. */
public enum DType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  F8_E4M3(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** The same type of tensors; empty if there are none of it. */
  Optional<Dtype> dtype() {
    return switch (this) {
      case BOOL -> Optional.of(Dtype.BOOL);
      case U8 -> Optional.of(Dtype.UINT8);
      case I8 -> Optional.of(Dtype.INT8);
      case I16 -> Optional.of(Dtype.INT16);
      case F16 -> Optional.of(Dtype.FLOAT16);
      case BF16 -> Optional.of(Dtype.BFLOAT16);
      case I32 -> Optional.of(Dtype.INT32);
      case F32 -> Optional.of(Dtype.FLOAT32);
      case F64 -> Optional.of(Dtype.FLOAT64);
      case I64 -> Optional.of(Dtype.INT64);
      case F8_E5M2, F8_E4M3, U16, U32, U64 -> Optional.empty();
    };
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
