package io.lockstep.cli.rpc;

import io.grpc.Status;
import io.lockstep.cli.console.UserError;
import io.lockstep.security.Endpoint;
import io.lockstep.security.HandshakeFailure;

/** What a failed call means to the person who made it. */
final class RpcErrors {

  private RpcErrors() {}

  static UserError of(String server, Endpoint endpoint, Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String description = status.getDescription();
    String message =
        switch (status.getCode()) {
          case UNAVAILABLE ->
              HandshakeFailure.explain(failure)
                  .map(
                      why -> "no connection with the %s at %s: %s".formatted(server, endpoint, why))
                  .orElse(
                      "no %s answers at %s: is it running, is the address right, and does it speak TLS (--tls-ca)?"
                          .formatted(server, endpoint));
          case UNIMPLEMENTED -> "the server at %s is no Lockstep %s".formatted(endpoint, server);
          default ->
              "%s at %s: %s"
                  .formatted(
                      server, endpoint, description == null ? status.getCode() : description);
        };
    return new UserError(message, failure);
  }
}
