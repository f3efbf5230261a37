package io.lockstep.gateway.rpc;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.server.docs.DocService;
import com.linecorp.armeria.server.docs.DocServiceBuilder;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.Sampling;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.util.Base64;

/**
 * The page that documents the methods and tries them, with an example of each that can be sent as
 * it stands. Descriptions are the comments of inference.proto.
 */
final class DocumentationPage {

  /** A grey PNG of 32 x 32: small enough to be read in an example. */
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAAAAABWESUoAAAAFklEQVR42mNoIAAYRhWMKhhVMFIVAABCAAAfN5c2AAAAAABJRU5ErkJggg==";

  private DocumentationPage() {}

  static DocService service() {
    DocServiceBuilder page = DocService.builder();
    ByteString picture = ByteString.copyFrom(Base64.getDecoder().decode(PNG));
    Decoding greedy = Decoding.newBuilder().setMaxNewTokens(64).build();
    Decoding sampled =
        Decoding.newBuilder()
            .setMaxNewTokens(64)
            .setSampling(Sampling.newBuilder().setTemperature(0.7).setTopP(0.8).setSeed(1))
            .build();
    Picture named = Picture.newBuilder().setId("picture-1").setContent(picture).build();
    JudgeRequest group =
        JudgeRequest.newBuilder()
            .setGroupId("group-1")
            .setMission("挡风板安装检查")
            .addSummaries("挡风板/完好×1，螺丝/完好×2")
            .addSummaries("螺丝/缺失×1")
            .setDecoding(greedy)
            .build();
    ChatRequest chat =
        ChatRequest.newBuilder()
            .addMessages(
                ChatMessage.newBuilder()
                    .setRole(ChatMessage.Role.ROLE_USER)
                    .addContents(ChatContent.newBuilder().setImage(picture))
                    .addContents(ChatContent.newBuilder().setText("请给出图片摘要")))
            .setDecoding(sampled)
            .build();
    example(page, "GetModel", GetModelRequest.getDefaultInstance());
    example(
        page,
        "Summarize",
        SummarizeRequest.newBuilder().addPictures(named).setDecoding(greedy).build());
    example(page, "SummarizeStream", named);
    example(page, "Judge", group);
    example(page, "JudgeStream", group);
    example(page, "Chat", chat);
    example(page, "ChatStream", chat);
    return page.build();
  }

  private static void example(DocServiceBuilder page, String method, Object request) {
    page.exampleRequests(InferenceGrpc.SERVICE_NAME, method, request);
  }
}
