package io.lockstep.gateway.rpc;

import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import io.lockstep.proto.inference.v1.SummarizeResponse;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Waits for the summaries of one request and sends them in its order. */
final class SummaryCollector {

  private final List<Picture> pictures;
  private final Reply<SummarizeResponse> reply;
  private final SortedMap<Integer, PictureSummary> summaries = new TreeMap<>();

  SummaryCollector(List<Picture> pictures, Reply<SummarizeResponse> reply) {
    this.pictures = pictures;
    this.reply = reply;
  }

  /** Takes the answer on the picture at this index of the request. */
  Job.Sink sink(int index) {
    return new Job.Sink() {
      @Override
      public void onAnswer(Job.Answer answer) {
        put(index, InferenceService.summary(pictures.get(index).getId(), answer));
      }

      @Override
      public void onFailure(ServingException failure) {
        reply.fail(Statuses.of(failure));
      }
    };
  }

  private synchronized void put(int index, PictureSummary summary) {
    summaries.put(index, summary);
    if (summaries.size() == pictures.size()) {
      reply.send(SummarizeResponse.newBuilder().addAllSummaries(summaries.values()).build());
      reply.complete();
    }
  }
}
