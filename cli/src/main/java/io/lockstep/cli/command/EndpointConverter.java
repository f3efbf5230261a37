package io.lockstep.cli.command;

import io.lockstep.security.Endpoint;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code HOST:PORT}, read before anything is connected to. */
public final class EndpointConverter implements ITypeConverter<Endpoint> {

  /** Stands in a required option until it is read. */
  public static final Endpoint UNREAD = new Endpoint("", 0);

  @Override
  public Endpoint convert(String text) {
    try {
      return Endpoint.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
