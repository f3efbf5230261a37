package io.lockstep.cli.command;

import io.lockstep.model.budget.TokenBudget;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A share between 0 and 1 as text. */
final class TokenBudgetConverter implements ITypeConverter<TokenBudget> {

  @Override
  public TokenBudget convert(String text) {
    try {
      return new TokenBudget(Double.parseDouble(text));
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          "'" + text + "' is no number that is more than 0 and at most 1");
    }
  }
}
