package io.lockstep.gateway.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import java.io.IOException;

/** A conversation as the request that sends it. */
final class ChatMessages {

  private ChatMessages() {}

  /** Reads the conversation's pictures and packs it. */
  static ChatRequest request(Conversation conversation, Decoding decoding) throws IOException {
    ChatRequest.Builder request = ChatRequest.newBuilder().setDecoding(decoding);
    for (Message message : conversation.messages()) {
      ChatMessage.Builder packed =
          ChatMessage.newBuilder()
              .setRole(
                  switch (message.role()) {
                    case SYSTEM -> ChatMessage.Role.ROLE_SYSTEM;
                    case USER -> ChatMessage.Role.ROLE_USER;
                    case ASSISTANT -> ChatMessage.Role.ROLE_ASSISTANT;
                  });
      for (Content content : message.contents()) {
        packed.addContents(content(content));
      }
      request.addMessages(packed);
    }
    return request.build();
  }

  private static ChatContent content(Content content) throws IOException {
    return switch (content) {
      case Content.Text(String text) -> ChatContent.newBuilder().setText(text).build();
      case Content.Image(ImageSource source) ->
          ChatContent.newBuilder().setImage(bytes(source)).build();
    };
  }

  private static ByteString bytes(ImageSource source) throws IOException {
    return UnsafeByteOperations.unsafeWrap(
        switch (source) {
          case ImageSource.File(var path) -> ImageHeader.requireGood(path, DecodeLimits.DEFAULT);
          case ImageSource.Bytes(var name, var content) -> content;
        });
  }
}
