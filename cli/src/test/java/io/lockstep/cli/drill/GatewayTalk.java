package io.lockstep.cli.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.client.RetryPolicy;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import java.util.List;

/** Somebody who asks a gateway's pod one question after the other, each answered in a stream. */
final class GatewayTalk implements AutoCloseable {

  private static final Conversation QUESTION =
      new Conversation(List.of(Message.text(Role.USER, "hello")));
  private static final AnswerSettings LONG =
      new AnswerSettings(200, 200, AnswerSettings.Sampling.GREEDY, false);
  private static final String ENDS = "asked to end: no new requests";

  private final PodRun pod;
  private final PortForward way;
  private final GatewayClient client;

  GatewayTalk(PodRun pod, ClientSecurity security) throws IOException {
    this.pod = pod;
    way = new PortForward(pod.address(), 7070);
    client =
        GatewayClient.connect(
            new Endpoint("localhost", way.port()),
            ClientOptions.DEFAULT.withRetries(RetryPolicy.NEVER).withSecurity(security));
  }

  /** A whole answer. */
  String answer() {
    return client.chat(QUESTION, LONG, piece -> {}).text();
  }

  /**
   * Asks until it is told that nothing more is taken; every answer has to come to its end, and to
   * be the expected one.
   *
   * @return answers that were begun before the process was asked to end, and ended after it
   */
  int untilRefused(String expected) throws IOException {
    int underWay = 0;
    while (true) {
      boolean before = !pod.told().contains(ENDS);
      try {
        assertEquals(expected, answer());
      } catch (GatewayException refused) {
        assertEquals(Status.Code.UNAVAILABLE, refused.code(), refused.getMessage());
        return underWay;
      }
      underWay += before && pod.told().contains(ENDS) ? 1 : 0;
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
    way.close();
  }
}
