package io.lockstep.security;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a server allows to whoever shows one token.
 *
 * @param scopes what may be asked
 * @param name the name that a worker with it may join under; a {@code *} at its end stands for any
 *     rest
 */
public record Grant(Set<Scope> scopes, String name) {

  /** Everything under any name: for servers that ask for no token. */
  public static final Grant ANYTHING = new Grant(EnumSet.allOf(Scope.class), "*");

  public Grant {
    scopes = Set.copyOf(scopes);
  }

  public boolean permits(Scope scope) {
    return scopes.contains(scope);
  }

  /** Whether a worker of this name may join with it. */
  public boolean isFor(String worker) {
    return name.endsWith("*")
        ? worker.startsWith(name.substring(0, name.length() - 1))
        : worker.equals(name);
  }
}
