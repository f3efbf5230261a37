package io.lockstep.collective.tcp;

import io.netty.channel.Channel;

/**
 * A connection that has said who it is.
 *
 * @param challenge what it had to answer
 */
record Greeting(Challenge challenge, Hello hello, Channel channel) {

  /** Whether whoever greets knows the secret. */
  boolean isBy(RunToken token) {
    return hello.isProven(challenge, token);
  }

  long generation() {
    return hello.generation();
  }
}
