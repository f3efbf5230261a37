package io.lockstep.gateway.rpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.lockstep.gateway.stage.PictureFile;
import io.lockstep.gateway.stage.Summary;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.InferenceGrpc.InferenceStub;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One SummarizeStream call over a list of pictures; files are read as the gateway takes them. */
final class SummaryCall implements ClientResponseObserver<Picture, PictureSummary> {

  private final Window window;
  private final Map<String, Integer> indexOfId;
  private final List<PictureFile> pictures;
  private final Decoding decoding;
  private final Consumer<Summary> listener;
  private final Map<Integer, Summary> summaries = new ConcurrentHashMap<>();
  private @Nullable ClientCallStreamObserver<Picture> call;

  SummaryCall(
      List<PictureFile> pictures, Decoding decoding, int window, Consumer<Summary> listener) {
    this.pictures = pictures;
    this.decoding = decoding;
    this.window = new Window(window);
    this.listener = listener;
    this.indexOfId = UniqueNames.of(pictures.stream().map(PictureFile::id).toList());
  }

  /** The summaries in the order of the pictures, or the failure of the call. */
  List<Summary> run(InferenceStub stub) throws Throwable {
    var requests = stub.summarizeStream(this);
    try {
      for (Map.Entry<String, Integer> picture : indexOfId.entrySet()) {
        if (!window.acquire()) {
          break;
        }
        requests.onNext(
            SummaryCalls.message(picture.getKey(), pictures.get(picture.getValue()), decoding));
      }
      requests.onCompleted();
      Throwable failure = window.awaitEnd();
      if (failure != null) {
        throw failure;
      }
    } catch (Throwable e) {
      if (call != null) {
        call.cancel("the client gave up", e);
      }
      throw e;
    }
    List<Summary> ordered = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      Summary summary = summaries.get(i);
      if (summary == null) {
        throw new IllegalStateException(
            "the gateway ended the stream without a summary of " + pictures.get(i).id());
      }
      ordered.add(summary);
    }
    return ordered;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Picture> requestStream) {
    call = requestStream;
  }

  @Override
  public void onNext(PictureSummary answer) {
    Integer index = indexOfId.get(answer.getId());
    if (index == null) {
      window.fail(
          new IllegalStateException(
              "the gateway answered on an unknown picture " + answer.getId()));
      return;
    }
    Summary summary =
        new Summary(
            pictures.get(index).id(),
            answer.getSummary(),
            answer.getPromptTokens(),
            answer.getNewTokens());
    if (summaries.put(index, summary) == null) {
      listener.accept(summary);
      window.release();
    }
  }

  @Override
  public void onError(Throwable failure) {
    window.fail(failure);
  }

  @Override
  public void onCompleted() {
    window.end();
  }
}
