package io.lockstep.tensor;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device by its name: {@code cpu} or {@code cuda:N}.
 *
 * @param cuda whether it is a CUDA device
 * @param ordinal its number among those that the process sees; 0 for the CPU
 */
public record DeviceName(boolean cuda, int ordinal) {

  public static final DeviceName CPU = new DeviceName(false, 0);

  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /**
   * Reads a name; {@code cuda} is {@code cuda:0}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static DeviceName parse(String name) {
    if (name.equals("cpu")) {
      return CPU;
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no device: expected cpu, cuda or cuda:N".formatted(name));
    }
    String number = cuda.group(1);
    return new DeviceName(true, number == null ? 0 : Integer.parseInt(number));
  }

  @Override
  public String toString() {
    return cuda ? "cuda:" + ordinal : "cpu";
  }
}
