package io.lockstep.client;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.security.Endpoint;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The program of docs/client.md. */
final class Example {

  private Example() {}

  static void inspect(String gateway, List<Path> pictures, PrintStream out) {
    ClientOptions options = ClientOptions.DEFAULT.withDeadline(Duration.ofMinutes(5));
    try (GatewayClient client = GatewayClient.connect(Endpoint.parse(gateway), options)) {
      client.awaitServing(Duration.ofSeconds(30));

      // Stage-A: a summary of each picture. Stage-B: a verdict on the group.
      List<String> summaries =
          client.summarize(pictures).stream().map(Described.Summary::text).toList();
      Group group = new Group("G1", "机柜安装检查", summaries);
      Outcome outcome = client.judge(List.of(group), AnswerSettings.DEFAULT).getFirst();
      out.println(
          switch (outcome) {
            case Outcome.Judged(var judgement, _) -> judgement.text();
            case Outcome.Malformed(_, var problem, _) -> problem;
            case Outcome.NoAnswer(var problem) -> problem;
          });

      // A turn of a conversation, told as it grows.
      Conversation question =
          new Conversation(List.of(Message.text(Role.USER, "How many screws are missing?")));
      client.chat(question, AnswerSettings.greedy(64), out::print);
    }
  }
}
