package io.lockstep.cli.command.data;

import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.datatools.stats.DataStats;
import io.lockstep.datatools.stats.Histogram;
import io.lockstep.model.checkpoint.ModelInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * How many tokens samples have for a model, with the shortest prompts. Of pictures only headers are
 * read, of the model only what makes tokens.
 */
final class TokenLengths implements DataStats.Lengths, AutoCloseable {

  private final ModelInputs inputs;
  private final ConversationBuilder summary;
  private final ConversationBuilder dense;

  private TokenLengths(ModelInputs inputs) {
    this.inputs = inputs;
    summary = new ConversationBuilder(Prompts.defaults(), Mode.SUMMARY, 0);
    dense = new ConversationBuilder(Prompts.defaults(), Mode.DENSE, 0);
  }

  /** Of the model in a folder. */
  static TokenLengths open(Path model) throws IOException {
    return new TokenLengths(ModelInputs.open(model));
  }

  @Override
  public void measure(DataRecord record, Map<DataStats.Measure, Histogram> histograms)
      throws IOException {
    switch (record) {
      case ChatRecord chat -> add(DataStats.Measure.CHAT_TOKENS, summary, chat, histograms);
      case ImageRecord image -> {
        if (image.summary().isPresent()) {
          add(DataStats.Measure.SUMMARY_TOKENS, summary, image, histograms);
        }
        if (!image.objects().isEmpty()) {
          add(DataStats.Measure.DENSE_TOKENS, dense, image, histograms);
        }
      }
    }
  }

  private void add(
      DataStats.Measure measure,
      ConversationBuilder builder,
      DataRecord record,
      Map<DataStats.Measure, Histogram> histograms)
      throws IOException {
    int tokens = inputs.encoder().length(builder.build(record, 0, 0));
    histograms.computeIfAbsent(measure, each -> new Histogram()).add(tokens);
  }

  @Override
  public void close() {
    inputs.close();
  }
}
