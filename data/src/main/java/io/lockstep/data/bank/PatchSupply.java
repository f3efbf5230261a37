package io.lockstep.data.bank;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives samples pieces of other pictures. Any number of threads may ask.
 *
 * <p>What is given is a function of (seed, step, draw) and the data; the bank only saves the work
 * of decoding a picture once more, and a supply without one gives the same.
 */
public final class PatchSupply {

  private static final Logger LOG = LoggerFactory.getLogger(PatchSupply.class);

  /** Sets the choice of members apart from other choices by the same numbers: "bank". */
  private static final long MEMBERSHIP = 0x62616E6BL;

  /** How many samples are looked at before a sample gets nothing. */
  private static final int ATTEMPTS = 8;

  private final Optional<PatchBank> bank;
  private final SourceSamples sources;
  private final ImageDecoder decoder;
  private final long seed;
  private final LongAdder found = new LongAdder();
  private final LongAdder cut = new LongAdder();
  private final LongAdder added = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder damaged = new LongAdder();

  /** A supply that keeps its pieces in a bank; the seed is the run's. */
  public PatchSupply(PatchBank bank, SourceSamples sources, ImageDecoder decoder, long seed) {
    this(Optional.of(bank), sources, decoder, seed);
  }

  private PatchSupply(
      Optional<PatchBank> bank, SourceSamples sources, ImageDecoder decoder, long seed) {
    this.bank = bank;
    this.sources = sources;
    this.decoder = decoder;
    this.seed = seed;
  }

  /** A supply that cuts every piece when it is asked for, and leaves nothing on the disk. */
  public static PatchSupply withoutBank(SourceSamples sources, ImageDecoder decoder, long seed) {
    return new PatchSupply(Optional.empty(), sources, decoder, seed);
  }

  /**
   * What was done so far.
   *
   * @param found pieces that samples were given from the bank
   * @param cut pieces that samples were given and for which another picture was decoded
   * @param added pieces that were put into the bank
   * @param refused pieces that were not because they take more than a segment of it
   * @param damaged pieces of the bank that could not be used
   */
  public record Counts(long found, long cut, long added, long refused, long damaged) {

    /** Nothing. */
    public static final Counts NONE = new Counts(0, 0, 0, 0, 0);

    /** What was done since other counts were taken. */
    public Counts since(Counts before) {
      return new Counts(
          found - before.found,
          cut - before.cut,
          added - before.added,
          refused - before.refused,
          damaged - before.damaged);
    }
  }

  /** The counts of this process. */
  public Counts counts() {
    return new Counts(found.sum(), cut.sum(), added.sum(), refused.sum(), damaged.sum());
  }

  /**
   * A piece for a sample. A picture that can't be used gives none: another sample has taken the
   * place of its own by then.
   *
   * @param step in which the sample is drawn, from 0
   * @param draw 64 random bits of the sample that choose the piece
   * @return empty if the samples before it offered none
   * @throws DataException naming the picture or the bank that the machine can't read or write
   */
  public Optional<Patch> draw(long step, long draw, BankRule rule) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long bits = SplitMix64.mix(draw, attempt);
      Optional<SourceSample> source = sources.choose(step, bits);
      if (source.isEmpty()) {
        continue;
      }
      List<Piece> members = members(source.get(), rule);
      if (!members.isEmpty()) {
        int chosen = (int) (SplitMix64.unit(SplitMix64.finalise(bits)) * members.size());
        try {
          return Optional.of(patch(source.get().record(), members.get(chosen)));
        } catch (UnreadableImageException e) {
          LOG.debug("{} gives no piece: {}", source.get().record().origin(), e.getMessage());
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Puts the members of a sample into the bank while its picture is at hand.
   *
   * @param picture as it stands in its file
   * @throws DataException naming the record or the bank, if one can't be read or written
   */
  public void visit(SourceSample sample, RgbImage picture, List<BankRule> rules) {
    if (bank.isEmpty()) {
      return;
    }
    ImageRecord record = sample.record();
    for (BankRule rule : rules) {
      for (Piece piece : members(sample, rule)) {
        try {
          PatchKey key = key(record, piece);
          if (!bank.get().contains(key)) {
            keep(bank.get(), key, piece.cut(record.origin(), picture));
          }
        } catch (UnreadableImageException e) {
          Origin origin = record.origin();
          throw new DataException(
              new Problem(
                  origin.file(), origin.line(), "images[0]", String.valueOf(e.getMessage())),
              e);
        } catch (IOException e) {
          throw unusable(bank.get(), e);
        }
      }
    }
  }

  private List<Piece> members(SourceSample source, BankRule rule) {
    ImageRecord record = source.record();
    return rule.pieces().pieces(record.width(), record.height(), record.objects()).stream()
        .filter(piece -> isMember(source, piece, rule.addProb()))
        .toList();
  }

  private boolean isMember(SourceSample source, Piece piece, double addProb) {
    int object = piece.objects().getFirst().index();
    long bits = SplitMix64.mix(MEMBERSHIP, seed, source.epoch(), source.sample(), object);
    return SplitMix64.unit(bits) < addProb;
  }

  private Patch patch(ImageRecord record, Piece piece) throws UnreadableImageException {
    if (bank.isEmpty()) {
      return cut(record, piece);
    }
    PatchKey key = key(record, piece);
    try {
      Optional<Patch> kept = kept(bank.get(), key);
      if (kept.isPresent()) {
        found.increment();
        return kept.get();
      }
      Patch made = cut(record, piece);
      keep(bank.get(), key, made);
      return made;
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException e) {
      throw unusable(bank.get(), e);
    }
  }

  private Patch cut(ImageRecord record, Piece piece) throws UnreadableImageException {
    RgbImage picture = decode(record);
    cut.increment();
    return piece.cut(record.origin(), picture);
  }

  private void keep(PatchBank bank, PatchKey key, Patch patch) throws IOException {
    switch (bank.put(key, patch)) {
      case ADDED -> added.increment();
      case TOO_LARGE -> refused.increment();
      case PRESENT -> {}
    }
  }

  private Optional<Patch> kept(PatchBank bank, PatchKey key) throws IOException {
    try {
      return bank.get(key);
    } catch (DamagedPatchException e) {
      damaged.increment();
      LOG.error("{}; it is cut from its picture instead", e.getMessage());
      return Optional.empty();
    }
  }

  private RgbImage decode(ImageRecord record) throws UnreadableImageException {
    RgbImage picture;
    try {
      picture = decoder.decode(new ImageSource.File(file(record)));
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException e) {
      throw unreadable(record, e);
    }
    if (picture.width() != record.width() || picture.height() != record.height()) {
      throw new UnreadableImageException(
          file(record).toString(),
          "is %d x %d pixels, but width x height say %d x %d"
              .formatted(picture.width(), picture.height(), record.width(), record.height()));
    }
    return picture;
  }

  private static PatchKey key(ImageRecord record, Piece piece) throws UnreadableImageException {
    try {
      return PatchKey.of(file(record), piece);
    } catch (NoSuchFileException e) {
      throw new UnreadableImageException(file(record).toString(), "doesn't exist any more", e);
    } catch (IOException e) {
      throw unreadable(record, e);
    }
  }

  /** The machine can't read a file that may be as good as any: no fault of the record. */
  private static DataException unreadable(ImageRecord record, IOException cause) {
    return new DataException(new Problem(file(record), 0, "", "can't be read: " + cause), cause);
  }

  private static DataException unusable(PatchBank bank, IOException cause) {
    return new DataException(
        new Problem(bank.folder(), 0, "", "the patch bank can't be used: " + cause), cause);
  }

  private static Path file(ImageRecord record) {
    return record.images().getFirst();
  }
}
