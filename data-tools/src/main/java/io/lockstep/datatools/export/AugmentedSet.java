package io.lockstep.datatools.export;

import io.lockstep.data.augment.Progress;
import io.lockstep.data.dataset.AugmentedRecord;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordJson;
import io.lockstep.data.record.RecordReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Writes the augmented pictures of a data set, with a JSONL file that meets the data contract. */
public final class AugmentedSet {

  /** The name of the JSONL file. */
  public static final String JSONL = "augmented.jsonl";

  private static final String PICTURES = "images";

  /** Records per thread that are worked on at once: bounds the memory. */
  private static final int RECORDS_AHEAD = 8;

  private final RecordAugmenter augmenter;
  private final long epoch;

  /** What was written: records with pictures, and conversations, which have no place in the set. */
  public record Counts(long pictures, long leftOut) {}

  /**
   * A set of one epoch.
   *
   * @param epoch the pass over the data, from 0: another one gives other pictures
   */
  public AugmentedSet(RecordAugmenter augmenter, long epoch) {
    this.augmenter = augmenter;
    this.epoch = epoch;
  }

  /**
   * Writes the set; the same bytes for any number of threads.
   *
   * @param out a folder that doesn't exist yet or is empty; it appears once it is complete
   */
  public Counts write(JsonlFile data, Path out, int threads) throws IOException {
    try (OutputFolder folder = OutputFolder.create(out);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Files.createDirectory(folder.partial().resolve(PICTURES));
      long pictures = 0;
      try (BufferedWriter lines = FileWrites.writer(folder.partial().resolve(JSONL))) {
        int batch = threads * RECORDS_AHEAD;
        for (long begin = 0; begin < data.size(); begin += batch) {
          for (String line : batch(data, begin, batch, folder.partial(), pool)) {
            lines.write(line);
            lines.write('\n');
            pictures++;
          }
        }
      }
      folder.publish();
      return new Counts(pictures, data.size() - pictures);
    }
  }

  private List<String> batch(
      JsonlFile data, long begin, int count, Path folder, ExecutorService pool) throws IOException {
    List<Future<String>> made = new ArrayList<>();
    for (long i = begin; i < Math.min(begin + count, data.size()); i++) {
      long sample = i;
      made.add(pool.submit(() -> one(data, sample, folder)));
    }
    List<String> lines = new ArrayList<>();
    try {
      for (Future<String> line : made) {
        if (!line.get().isEmpty()) {
          lines.add(line.get());
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException failure -> throw failure;
        case null, default -> throw new IllegalStateException("a record was not written", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while pictures were being written", e);
    }
    return lines;
  }

  /** Writes the pictures of a record and returns its line; empty for a conversation. */
  private String one(JsonlFile data, long sample, Path folder) throws IOException {
    return switch (RecordReader.read(data, sample)) {
      case ChatRecord ignored -> "";
      case ImageRecord image -> {
        AugmentedRecord augmented = augmenter.apply(image, epoch, sample, Progress.END);
        List<String> names = new ArrayList<>();
        for (RgbImage picture : augmented.pictures()) {
          String name =
              names.isEmpty()
                  ? "%s/%08d.png".formatted(PICTURES, sample)
                  : "%s/%08d-%d.png".formatted(PICTURES, sample, names.size());
          PngFile.write(picture, folder.resolve(name));
          names.add(name);
        }
        yield RecordJson.write(augmented.record(), names);
      }
    };
  }
}
