package io.lockstep.security;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a token allows. */
public enum Scope {
  /** To take part in a run as a worker. */
  TRAIN,
  /** To follow the checkpoints of a run, and to ask a gateway for answers. */
  INFER,
  /** To change what a server does: to drain a run, for example. */
  ADMIN;

  /** As it is written in files and messages. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Scope> parse(String text) {
    return Stream.of(values()).filter(scope -> scope.text().equals(text)).findFirst();
  }
}
