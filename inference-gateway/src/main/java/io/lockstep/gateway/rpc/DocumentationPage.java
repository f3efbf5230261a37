package io.lockstep.gateway.rpc;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.docs.DocService;
import com.linecorp.armeria.server.docs.DocServiceBuilder;
import io.lockstep.proto.inference.v1.CaptionRequest;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.DetectRequest;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.Sampling;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * The page that documents the methods and tries them, with an example of each that can be sent as
 * it stands. Descriptions are the comments of inference.proto.
 */
final class DocumentationPage {

  /** A grey PNG of 32 x 32: small enough to be read in an example. */
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAAAAABWESUoAAAAFklEQVR42mNoIAAYRhWMKhhVMFIVAABCAAAfN5c2AAAAAABJRU5ErkJggg==";

  /** The page as Armeria brings it. */
  private static final String PAGE = "index.html.gz";

  /** What in it asks another server: a font, for which the browser has its own. */
  private static final Pattern ELSEWHERE = Pattern.compile("<link[^>]*https?://[^>]*>");

  /** Whatever the page's scripts have in mind, a browser asks this server alone. */
  private static final String POLICY =
      "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'";

  private DocumentationPage() {}

  /** Answers all that is below the page's path. */
  static HttpService service() {
    HttpData page = page();
    return docs()
        .decorate((delegate, context, request) -> {
          HttpResponse response =
              context.mappedPath().matches("/|/index\\.html")
                  ? HttpResponse.of(HttpStatus.OK, MediaType.HTML_UTF_8, page)
                  : delegate.serve(context, request);
          return response.mapHeaders(headers ->
              headers.toBuilder().set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY).build());
        });
  }

  private static HttpData page() {
    try (InputStream packed = DocService.class.getResourceAsStream(PAGE)) {
      if (packed == null) {
        throw new IllegalStateException("Armeria has no page " + PAGE + ": build it again");
      }
      String html = new String(new GZIPInputStream(packed).readAllBytes(), StandardCharsets.UTF_8);
      return HttpData.ofUtf8(ELSEWHERE.matcher(html).replaceAll(""));
    } catch (IOException e) {
      throw new UncheckedIOException("Armeria's page can't be read: " + e.getMessage(), e);
    }
  }

  private static DocService docs() {
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
    example(
        page,
        "Caption",
        CaptionRequest.newBuilder()
            .setId("picture-1")
            .setContent(picture)
            .setDecoding(greedy)
            .build());
    example(
        page,
        "Detect",
        DetectRequest.newBuilder().setId("picture-1").setContent(picture).setMinScore(0.3).build());
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
