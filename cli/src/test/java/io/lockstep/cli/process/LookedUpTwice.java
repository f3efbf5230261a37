package io.lockstep.cli.process;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** Looks a name up, gives it another address, and looks it up again. */
final class LookedUpTwice {

  /** More than {@link HostNames} lets an address live. */
  private static final int MILLIS = 1500;

  private LookedUpTwice() {}

  /** The file that the JVM takes names from. */
  public static void main(String[] arguments) throws Exception {
    HostNames.askAnew();
    Path names = Path.of(arguments[0]);
    for (String address : new String[] {"127.0.0.7", "127.0.0.8"}) {
      Files.writeString(names, address + " pod\n");
      System.out.println(InetAddress.getAllByName("pod")[0].getHostAddress());
      Thread.sleep(MILLIS);
    }
  }
}
