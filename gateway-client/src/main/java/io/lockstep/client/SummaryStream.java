package io.lockstep.client;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.inference.v1.InferenceGrpc.InferenceStub;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Summaries of a list of pictures through SummarizeStream; files are read as the gateway takes
 * them. A stream that has failed can be run again: it asks about what has no answer yet.
 */
final class SummaryStream {

  private final List<PictureFile> pictures;
  private final AnswerSettings settings;
  private final int window;
  private final Consumer<Described.Summary> listener;

  /** The index of each picture by its name on the wire. */
  private final Map<String, Integer> indexOfId = new LinkedHashMap<>();

  private final Map<Integer, Described.Summary> summaries = new ConcurrentHashMap<>();

  /**
   * @param window pictures under way at once
   * @param listener told of each summary as it comes, one at a time
   */
  SummaryStream(
      List<PictureFile> pictures,
      AnswerSettings settings,
      int window,
      Consumer<Described.Summary> listener) {
    this.pictures = pictures;
    this.settings = settings;
    this.window = window;
    this.listener = listener;
    for (int i = 0; i < pictures.size(); i++) {
      // Answers come in any order, so that a name that was there before gets #2, #3, ... behind it.
      String id = pictures.get(i).id();
      String unique = id;
      for (int n = 2; indexOfId.containsKey(unique); n++) {
        unique = id + "#" + n;
      }
      indexOfId.put(unique, i);
    }
  }

  /** The summaries in the order of the pictures, or the failure of the call. */
  List<Described.Summary> run(InferenceStub stub) throws IOException, InterruptedException {
    new Call().run(stub);
    return IntStream.range(0, pictures.size()).mapToObj(this::required).toList();
  }

  private Described.Summary required(int index) {
    Described.Summary summary = summaries.get(index);
    if (summary == null) {
      throw new IllegalStateException(
          "the gateway ended the stream without a summary of " + pictures.get(index).id());
    }
    return summary;
  }

  /** One call. Its monitor guards what is under way. */
  private final class Call implements ClientResponseObserver<Picture, PictureSummary> {

    private @Nullable ClientCallStreamObserver<Picture> call;
    private int open;
    private boolean ended;
    private @Nullable Throwable failure;

    void run(InferenceStub stub) throws IOException, InterruptedException {
      StreamObserver<Picture> requests = stub.summarizeStream(this);
      try {
        for (Map.Entry<String, Integer> asked : indexOfId.entrySet()) {
          if (!summaries.containsKey(asked.getValue())) {
            awaitRoom();
            PictureFile picture = pictures.get(asked.getValue());
            requests.onNext(Messages.picture(asked.getKey(), picture, settings));
          }
        }
        requests.onCompleted();
        awaitEnd();
      } catch (IOException | InterruptedException | RuntimeException e) {
        if (call != null) {
          call.cancel("the client gave up", e);
        }
        throw e;
      }
    }

    private synchronized void awaitRoom() throws InterruptedException {
      while (open == window && failure == null) {
        wait();
      }
      requireGood();
      open++;
    }

    private synchronized void awaitEnd() throws InterruptedException {
      while (!ended && failure == null) {
        wait();
      }
      requireGood();
    }

    private void requireGood() {
      switch (failure) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Picture> requestStream) {
      call = requestStream;
    }

    @Override
    public void onNext(PictureSummary answer) {
      Integer index = indexOfId.get(answer.getId());
      if (index == null) {
        onError(
            new IllegalStateException(
                "the gateway answered on an unknown picture " + answer.getId()));
        return;
      }
      Described.Summary summary = Messages.summary(pictures.get(index).id(), answer);
      if (summaries.put(index, summary) == null) {
        listener.accept(summary);
        released();
      }
    }

    private synchronized void released() {
      open--;
      notifyAll();
    }

    @Override
    public synchronized void onError(Throwable cause) {
      failure = failure == null ? cause : failure;
      notifyAll();
    }

    @Override
    public synchronized void onCompleted() {
      ended = true;
      notifyAll();
    }
  }
}
