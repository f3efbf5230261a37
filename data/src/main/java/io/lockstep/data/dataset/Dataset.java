package io.lockstep.data.dataset;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import io.lockstep.data.record.RecordReader;
import java.nio.file.Path;
import java.util.List;

/**
 * The conversations of a JSONL file, each read when it is asked for. Any number of threads may ask.
 */
public final class Dataset implements AutoCloseable {

  private final JsonlFile file;
  private final ConversationBuilder builder;
  private final Preprocessing preprocessing;

  private Dataset(JsonlFile file, ConversationBuilder builder, Preprocessing preprocessing) {
    this.file = file;
    this.builder = builder;
    this.preprocessing = preprocessing;
  }

  /** Opens a file whose records stay as they are. */
  public static Dataset open(Path jsonl, ConversationBuilder builder) {
    return open(jsonl, builder, Preprocessing.NONE);
  }

  /**
   * Opens a file.
   *
   * @throws DataException if it is missing, unreadable, empty or holds blank or over-long lines
   */
  public static Dataset open(Path jsonl, ConversationBuilder builder, Preprocessing preprocessing) {
    JsonlFile file = JsonlFile.open(jsonl);
    if (file.size() == 0) {
      file.close();
      throw new DataException(new Problem(jsonl, 0, "", "holds no records"));
    }
    return new Dataset(file, builder, preprocessing);
  }

  /** How many records there are. */
  public long size() {
    return file.size();
  }

  /** Where a record stands, for messages to people. */
  public Origin origin(long sample) {
    return new Origin(file.path(), sample + 1);
  }

  /**
   * A record as the dataset's preprocessors leave it.
   *
   * @throws DataException if it breaks the contract, or has a summary that they would make untrue
   */
  public DataRecord read(long sample) {
    return switch (RecordReader.read(file, sample)) {
      case ChatRecord chat -> chat;
      case ImageRecord image -> preprocessing.apply(image, !builder.mode().equals(Mode.DENSE));
    };
  }

  /** What makes its conversations. */
  public ConversationBuilder builder() {
    return builder;
  }

  /** The task that a picture record is used for in an epoch. */
  public Task task(long epoch, long sample) {
    return builder.mode().taskOf(builder.seed(), epoch, sample);
  }

  /** Question and answer of a record in an epoch. */
  public Conversation conversation(long epoch, long sample) {
    return builder.build(read(sample), epoch, sample);
  }

  /** Question and answer of a record that stands for one of this file, such as an augmented one. */
  public Conversation conversation(DataRecord record, long epoch, long sample) {
    return builder.build(record, epoch, sample);
  }

  /**
   * The same after demonstrations, which the dataset's preprocessors leave as they leave its own.
   *
   * @param demonstrations records of a pool
   * @throws DataException if one of them can't be one for this dataset
   */
  public Conversation conversation(
      DataRecord record, List<ImageRecord> demonstrations, long epoch, long sample) {
    List<ImageRecord> processed =
        demonstrations.stream()
            .map(each -> preprocessing.apply(each, !builder.mode().equals(Mode.DENSE)))
            .toList();
    return builder.build(record, processed, epoch, sample);
  }

  /**
   * What is wrong with a record of a pool as a demonstration for this dataset.
   *
   * @throws DataException with it
   */
  public void requireDemonstrates(ImageRecord record) {
    ImageRecord processed = preprocessing.apply(record, !builder.mode().equals(Mode.DENSE));
    builder.requireAnswers(processed);
  }

  /**
   * Whether a record has what every task needs that it may be used for.
   *
   * @throws DataException with what it lacks, or what is wrong with it
   */
  public void requireUsable(long sample) {
    if (read(sample) instanceof ImageRecord image) {
      builder.requireUsable(image);
    }
  }

  /** The same conversation without its last answer. */
  public Conversation promptOnly(long epoch, long sample) {
    return builder.promptOnly(read(sample), epoch, sample);
  }

  @Override
  public void close() {
    file.close();
  }
}
