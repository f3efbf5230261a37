package io.lockstep.gateway.stage;

import java.util.List;

/** Gets verdicts on groups; the gateway's client is one. */
@FunctionalInterface
public interface Judge {

  /** What comes of judging each group, in the same order. */
  List<Outcome> judge(List<Group> groups);
}
