package io.lockstep.gateway.rpc;

import io.lockstep.gateway.serving.Alignment;

/** Alignment verdicts on the wire. */
final class AlignmentMessages {

  private AlignmentMessages() {}

  static io.lockstep.proto.inference.v1.Alignment write(Alignment alignment) {
    return io.lockstep.proto.inference.v1.Alignment.newBuilder()
        .setVerdict(
            switch (alignment.state()) {
              case UNCERTIFIED ->
                  io.lockstep.proto.inference.v1.Alignment.Verdict.VERDICT_UNCERTIFIED;
              case IDENTICAL -> io.lockstep.proto.inference.v1.Alignment.Verdict.VERDICT_IDENTICAL;
              case WITHIN_TOLERANCE ->
                  io.lockstep.proto.inference.v1.Alignment.Verdict.VERDICT_WITHIN_TOLERANCE;
            })
        .setMaxDifference(alignment.largestDifference())
        .setProbes(alignment.probes())
        .build();
  }

  /** A gateway that says nothing of alignment has certified nothing. */
  static Alignment read(io.lockstep.proto.inference.v1.Alignment message) {
    Alignment.State state =
        switch (message.getVerdict()) {
          case VERDICT_IDENTICAL -> Alignment.State.IDENTICAL;
          case VERDICT_WITHIN_TOLERANCE -> Alignment.State.WITHIN_TOLERANCE;
          case VERDICT_UNCERTIFIED, VERDICT_UNSPECIFIED, UNRECOGNIZED ->
              Alignment.State.UNCERTIFIED;
        };
    return new Alignment(state, message.getMaxDifference(), message.getProbes());
  }
}
