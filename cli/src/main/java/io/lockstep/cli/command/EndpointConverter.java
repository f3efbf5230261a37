package io.lockstep.cli.command;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.rpc.Endpoint;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code HOST:PORT}, read before anything is connected to. */
public final class EndpointConverter implements ITypeConverter<Endpoint> {

  @Override
  public Endpoint convert(String text) {
    try {
      return Endpoint.parse(text);
    } catch (UserError e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
