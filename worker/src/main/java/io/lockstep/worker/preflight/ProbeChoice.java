package io.lockstep.worker.preflight;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.RunSamples;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.loader.UnreadableRecordException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the records of alignment certificates: of some spread evenly over the data, up to two
 * with pictures and up to two of text alone, each of another length, so that a batch of them is
 * padded. Records that can't be read are passed over. The choice depends on the data and the
 * configuration alone.
 */
public final class ProbeChoice {

  private static final Logger LOG = LoggerFactory.getLogger(ProbeChoice.class);

  /** Records looked at. */
  private static final int SCANNED = 32;

  private static final int OF_A_KIND = 2;

  /** Most bytes of a record's pictures: every checkpoint holds a copy of them. */
  private static final long MAX_PICTURE_BYTES = 4L << 20;

  private final int maxLength;
  private final List<Probe> withPictures = new ArrayList<>();
  private final List<Probe> textOnly = new ArrayList<>();
  private final Set<Integer> lengths = new HashSet<>();

  private ProbeChoice(int maxLength) {
    this.maxLength = maxLength;
  }

  /** The records to choose from, by number. */
  interface Records {
    /** How many there are. */
    long size();

    /** The record as a probe. */
    Probe probe(long index) throws SampleException;

    /** The record as training sees it. */
    Sample sample(long index) throws SampleException;
  }

  /**
   * The records of which a run's checkpoints carry a certificate.
   *
   * @throws SampleException if no record can be one
   */
  public static List<Probe> of(RunData data, LoadedModel model) throws SampleException {
    return of(new RunRecords(data, model), data.config().maxLength());
  }

  /** The records of a run, encoded for its model. */
  private record RunRecords(RunData data, LoadedModel model) implements Records {
    @Override
    public long size() {
      return data.samples().records().size();
    }

    @Override
    public Probe probe(long index) throws SampleException {
      RunSamples.Located at = data.samples().locate(index);
      try {
        return new Probe(at.name(), task(at), at.dataset().conversation(0, at.index()));
      } catch (DataException e) {
        throw RunSamples.unusable(e);
      }
    }

    /** What serving is asked for when it composes the same question. */
    private static Probe.Task task(RunSamples.Located at) {
      if (!(at.dataset().read(at.index()) instanceof ImageRecord)) {
        return Probe.Task.OTHER;
      }
      return switch (at.dataset().task(0, at.index())) {
        case SUMMARY -> Probe.Task.SUMMARY;
        case DENSE -> Probe.Task.DENSE;
      };
    }

    @Override
    public Sample sample(long index) throws SampleException {
      return data.samples().plain(model.encoder(), new SampleRef(0, index, index));
    }
  }

  /**
   * Chooses probes.
   *
   * @param maxLength most tokens of a record that training takes
   * @throws SampleException if no record looked at can be one
   */
  static List<Probe> of(Records records, int maxLength) throws SampleException {
    ProbeChoice choice = new ProbeChoice(maxLength);
    List<UnreadableRecordException> unreadable = new ArrayList<>();
    long scanned = Math.min(SCANNED, records.size());
    for (long i = 0; i < scanned; i++) {
      try {
        choice.consider(records, scanned == SCANNED ? records.size() / SCANNED * i : i);
      } catch (UnreadableRecordException e) {
        LOG.warn("not looked at for alignment certificates: {}", e.getMessage());
        unreadable.add(e);
      }
    }
    List<Probe> chosen = new ArrayList<>(choice.withPictures);
    chosen.addAll(choice.textOnly);
    if (chosen.isEmpty() && unreadable.size() == scanned) {
      throw new SampleException(
          "none of %d records spread over the data can be read; the first: %s"
              .formatted(scanned, unreadable.getFirst().getMessage()),
          unreadable.getFirst());
    }
    if (chosen.isEmpty()) {
      throw new SampleException(
          "none of %d records spread over the data can go into alignment certificates: each can't be read, is longer than global_max_length (%d tokens) or has more than %d bytes of pictures; put smaller ones among them"
              .formatted(scanned, maxLength, MAX_PICTURE_BYTES));
    }
    return List.copyOf(chosen);
  }

  private void consider(Records records, long index) throws SampleException {
    Probe probe = records.probe(index);
    List<Probe> kind = probe.conversation().images().isEmpty() ? textOnly : withPictures;
    if (kind.size() == OF_A_KIND || pictureBytes(probe.conversation()) > MAX_PICTURE_BYTES) {
      return;
    }
    int length = records.sample(index).tokens().length;
    if (length <= maxLength && (kind.isEmpty() || !lengths.contains(length))) {
      lengths.add(length);
      kind.add(probe);
    }
  }

  private static long pictureBytes(Conversation conversation) throws SampleException {
    long bytes = 0;
    for (ImageSource picture : conversation.images()) {
      try {
        bytes +=
            switch (picture) {
              case ImageSource.File(var path) -> Files.size(path);
              case ImageSource.Bytes(var _, var content) -> content.length;
            };
      } catch (NoSuchFileException e) {
        throw new UnreadableRecordException("the picture " + picture.name() + " is gone", e);
      } catch (IOException e) {
        throw new SampleException("can't read the picture " + picture.name() + ": " + e, e);
      }
    }
    return bytes;
  }
}
