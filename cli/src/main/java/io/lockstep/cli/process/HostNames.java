package io.lockstep.cli.process;

import java.security.Security;

/** How long this process believes what it was told of a name of the network. */
public final class HostNames {

  /** Java's name for it, as a property of its security and, for gRPC, of the system. */
  private static final String KNOWN = "networkaddress.cache.ttl";

  private static final String UNKNOWN = "networkaddress.cache.negative.ttl";

  /** Names are looked up when connections are made, so seldom; servers of names keep them, too. */
  private static final String SECONDS = "1";

  private HostNames() {}

  /**
   * From now on a name is looked up anew after a second, instead of half a minute: a pod that is
   * started again, or a machine that takes another's place, has another address under the same
   * name, and whoever doesn't reach it there takes it for broken. To be called before the first
   * name is looked up; what the JVM was started with goes first.
   */
  public static void askAnew() {
    String asked = System.getProperty(KNOWN, System.getProperty("sun.net.inetaddr.ttl"));
    if (asked == null && Security.getProperty(KNOWN) == null) {
      System.setProperty(KNOWN, SECONDS);
      Security.setProperty(KNOWN, SECONDS);
      Security.setProperty(UNKNOWN, SECONDS);
    }
  }
}
