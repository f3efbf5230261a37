package io.lockstep.cli.rpc;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.lockstep.cli.console.UserError;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.GetModelResponse;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.JudgeResponse;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** A batch client of the gateway. */
public final class GatewayClient implements AutoCloseable {

  private static final long TIMEOUT_SECONDS = 30;
  private static final int UNANSWERED = 64;

  private final Endpoint endpoint;
  private final ManagedChannel channel;

  public GatewayClient(Endpoint endpoint) {
    this.endpoint = endpoint;
    this.channel = endpoint.connect();
  }

  /**
   * The model that answers now.
   *
   * @param steps committed training steps, 0 for a checkpoint that no run wrote
   */
  public record ServedModel(String checkpointDir, String weightsSha256, long steps) {}

  /** A group to judge: an id that is unique in the request, its mission and its summaries. */
  public record Group(String id, String mission, List<String> summaries) {}

  /** A group's verdict: whether it passes, why, and the model's answer verbatim. */
  public record Judged(String id, boolean pass, String reason, String raw) {}

  /** Asks which model answers. */
  public ServedModel model() {
    try {
      GetModelResponse response =
          InferenceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
              .getModel(GetModelRequest.getDefaultInstance());
      return new ServedModel(
          response.getCheckpointDir(), response.getWeightsSha256(), response.getSteps());
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("gateway", endpoint, e);
    }
  }

  /**
   * Stage-A over a stream: the summaries of picture files, in the order of {@code pictures}.
   *
   * @param progress is told the number of answers so far, on a thread of the transport
   */
  public List<String> summarize(List<Path> pictures, IntConsumer progress) {
    Map<String, String> byId = new HashMap<>();
    List<Integer> indices = IntStream.range(0, pictures.size()).boxed().toList();
    try {
      Window.<Integer, Picture, PictureSummary>exchange(
          indices,
          index -> picture(index, pictures.get(index)),
          UNANSWERED,
          InferenceGrpc.newStub(channel)::summarizeStream,
          answer -> {
            byId.put(answer.getId(), answer.getSummary());
            progress.accept(byId.size());
          });
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("gateway", endpoint, e);
    }
    return indices.stream()
        .map(index -> answer(byId, index.toString(), pictures.get(index).toString()))
        .toList();
  }

  /**
   * Stage-B over a stream: the verdicts on groups, in the order of {@code groups}.
   *
   * @param progress is told the number of answers so far, on a thread of the transport
   */
  public List<Judged> judge(List<Group> groups, IntConsumer progress) {
    Map<String, Judged> byId = new HashMap<>();
    try {
      Window.<Group, JudgeRequest, JudgeResponse>exchange(
          groups,
          GatewayClient::request,
          UNANSWERED,
          InferenceGrpc.newStub(channel)::judgeStream,
          answer -> {
            byId.put(answer.getGroupId(), judged(answer));
            progress.accept(byId.size());
          });
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("gateway", endpoint, e);
    }
    return groups.stream().map(group -> answer(byId, group.id(), group.id())).toList();
  }

  private static JudgeRequest request(Group group) {
    return JudgeRequest.newBuilder()
        .setGroupId(group.id())
        .setMission(group.mission())
        .addAllSummaries(group.summaries())
        .build();
  }

  private static Judged judged(JudgeResponse response) {
    boolean pass = response.getVerdict() == JudgeResponse.Verdict.VERDICT_PASS;
    return new Judged(response.getGroupId(), pass, response.getReason(), response.getRaw());
  }

  private static Picture picture(int index, Path file) {
    try {
      return Picture.newBuilder()
          .setId(Integer.toString(index))
          .setContent(ByteString.copyFrom(Files.readAllBytes(file)))
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException("can't read picture " + file, e);
    }
  }

  private <T> T answer(Map<String, T> byId, String id, String name) {
    T answer = byId.get(id);
    if (answer == null) {
      throw new UserError("gateway at %s gave no answer for %s".formatted(endpoint, name));
    }
    return answer;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
