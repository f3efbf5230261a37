package io.lockstep.cli.command;

import io.lockstep.tensor.DeviceName;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code cpu} and {@code cuda:N}. */
public final class DeviceConverter implements ITypeConverter<DeviceName> {

  @Override
  public DeviceName convert(String value) {
    try {
      return DeviceName.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
