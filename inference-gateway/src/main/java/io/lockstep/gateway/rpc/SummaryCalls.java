package io.lockstep.gateway.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.gateway.stage.Described;
import io.lockstep.gateway.stage.PictureFile;
import io.lockstep.gateway.stage.Summary;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.InferenceGrpc.InferenceStub;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import io.lockstep.proto.inference.v1.SummarizeResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** One Summarize call per picture; a file is read when its turn comes. */
final class SummaryCalls extends SeparateCalls<SummarizeResponse, Described> {

  private final InferenceStub stub;
  private final List<PictureFile> pictures;
  private final Decoding decoding;
  private final Consumer<Described> listener;

  SummaryCalls(
      InferenceStub stub,
      List<PictureFile> pictures,
      Decoding decoding,
      int window,
      Consumer<Described> listener) {
    super(pictures.size(), window);
    this.stub = stub;
    this.pictures = pictures;
    this.decoding = decoding;
    this.listener = listener;
  }

  /** A picture as a message. */
  static Picture message(String id, PictureFile picture, Decoding decoding) throws IOException {
    byte[] bytes = ImageHeader.requireGood(picture.file(), DecodeLimits.DEFAULT);
    return Picture.newBuilder()
        .setId(id)
        .setContent(UnsafeByteOperations.unsafeWrap(bytes))
        .setDecoding(decoding)
        .build();
  }

  @Override
  void ask(int index, StreamObserver<SummarizeResponse> answer) throws IOException {
    PictureFile picture = pictures.get(index);
    stub.summarize(
        SummarizeRequest.newBuilder().addPictures(message(picture.id(), picture, decoding)).build(),
        answer);
  }

  @Override
  Described outcome(int index, SummarizeResponse response) {
    if (response.getSummariesCount() != 1) {
      throw new IllegalStateException("the gateway ended a call without a summary");
    }
    PictureSummary answer = response.getSummaries(0);
    return told(
        new Described.Summarized(
            new Summary(
                pictures.get(index).id(),
                answer.getSummary(),
                answer.getPromptTokens(),
                answer.getNewTokens())));
  }

  @Override
  Optional<Described> outcome(int index, Throwable failure) {
    return Statuses.isEmptyAnswer(failure)
        ? Optional.of(
            told(new Described.NoAnswer(pictures.get(index).id(), Statuses.message(failure))))
        : Optional.empty();
  }

  private synchronized Described told(Described described) {
    listener.accept(described);
    return described;
  }

  @Override
  String name(int index) {
    return "picture " + pictures.get(index).id();
  }
}
