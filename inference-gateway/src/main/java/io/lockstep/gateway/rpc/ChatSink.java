package io.lockstep.gateway.rpc;

import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.proto.inference.v1.ChatDelta;

/** Streams a chat's answer; called by the model thread alone. */
final class ChatSink implements Job.Sink {

  private final Reply<ChatDelta> reply;
  private final StringBuilder sent = new StringBuilder();

  ChatSink(Reply<ChatDelta> reply) {
    this.reply = reply;
  }

  @Override
  public void onPiece(String piece) {
    if (!piece.isEmpty()) {
      sent.append(piece);
      reply.send(ChatDelta.newBuilder().setText(piece).build());
    }
  }

  @Override
  public void onAnswer(Job.Answer answer) {
    String text = sent.toString();
    String rest = answer.text().startsWith(text) ? answer.text().substring(text.length()) : "";
    reply.send(
        ChatDelta.newBuilder()
            .setText(rest)
            .setLast(true)
            .setFinishReason(DecodingMessages.write(answer.finish()))
            .build());
    reply.complete();
  }

  @Override
  public void onFailure(ServingException failure) {
    reply.fail(Statuses.of(failure));
  }
}
